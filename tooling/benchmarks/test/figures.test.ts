import { assert, describe, it } from "@effect/vitest"
import type { Name } from "../src/contestants/index.ts"
import * as Figures from "../src/figures.ts"
import { table } from "../src/markdown.ts"
import type { Measurement } from "../src/measure.ts"
import type { Origin, Result, Round } from "../src/rounds.ts"

const measurement = (contestant: Name, seconds: number, startUpSeconds?: number): Measurement => ({
  contestant,
  rows: 1_000,
  seconds,
  startUp: startUpSeconds === undefined ? undefined : { seconds: startUpSeconds, cpuSeconds: 0.5 },
  cpu: { runner: 1.5, clickHouse: undefined, postgres: 2 },
  peakBytes: 150_000_000,
  walBytes: 0,
  bytes: undefined,
  encoding: undefined,
})

const round = (...measurements: ReadonlyArray<Measurement>): Round =>
  new Map(measurements.map((one) => [one.contestant, one]))

const origin: Origin = {
  at: new Date(0),
  command: "npm run bench",
  tls: false,
  machine: { cpu: "a", cores: 2, memoryBytes: 0, system: "s", node: "1", clickHouse: "2", postgres: "3" },
}

const result = (...rounds: ReadonlyArray<Round>): Result => ({
  scenario: { width: "typical", rows: 1_000 },
  copyBytes: 100_000_000,
  contestants: [],
  rounds,
  failures: [],
  origin,
})

const figure = (title: string): Figures.Figure => {
  const found = [...Figures.speed, ...Figures.cost].find((one) => one.title === title)
  assert.isDefined(found, `there is a figure "${title}"`)
  return found
}

describe("figures", () => {
  const one = result(round(measurement("ours-text", 4, 1)))
  const cases: ReadonlyArray<readonly [string, number | undefined]> = [
    ["wall s", 4],
    ["rows/s", 250],
    ["MB/s", 25],
    ["runner CPU s", 1.5],
    ["ClickHouse CPU s", undefined],
    ["peak memory MB", 150],
    ["start-up s", 1],
    ["runner CPU ms/MB", 15],
    ["the same without start-up", 10],
    ["sent MB", undefined],
  ]
  for (const [title, expected] of cases) {
    it(`${title}: ${expected ?? "not known"}`, () => {
      assert.strictEqual(Figures.of(one, "ours-text", figure(title))?.median, expected)
    })
  }
})

describe("ratios", () => {
  it("compare ours with the plain pipes of the same round, with and without start-up", () => {
    const found = Figures.ratios(
      result(
        round(measurement("plain-text", 2), measurement("plain-binary", 1), measurement("ours-binary", 3, 1)),
        round(measurement("plain-text", 4), measurement("plain-binary", 2), measurement("ours-binary", 5, 1)),
      ),
    )
    assert.deepStrictEqual(
      found.map(({ above, below, wall, working }) => [above, below, wall.median, working.median]),
      [
        ["ours-binary", "plain-binary", 2.75, 2],
        ["ours-binary", "plain-text", 1.375, 1],
      ],
    )
  })

  it("say nothing of contestants that did not run", () => {
    assert.deepStrictEqual(Figures.ratios(result(round(measurement("plain-text", 2)))), [])
  })
})

describe("write", () => {
  it("gives the spread where there is one", () => {
    assert.strictEqual(Figures.write({ median: 1234.5, min: 1000, max: 2000 }, 1), "1,234.5 (1,000.0–2,000.0)")
    assert.strictEqual(Figures.write({ median: 2, min: 2, max: 2 }, 2), "2.00")
    assert.strictEqual(Figures.write(undefined, 2), "–")
  })
})

describe("table", () => {
  it("lines up its columns", () => {
    assert.strictEqual(
      table(
        ["", "wall s"],
        [
          ["plain", "1"],
          ["ours, text", "12.34567"],
        ],
      ),
      [
        "|            |   wall s |",
        "| ---------- | -------: |",
        "| plain      |        1 |",
        "| ours, text | 12.34567 |",
      ].join("\n"),
    )
  })
})
