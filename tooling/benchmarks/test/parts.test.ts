import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contestants, type Name } from "../src/contestants/index.ts"
import type { Measurement } from "../src/measure.ts"
import * as Parts from "../src/parts.ts"
import type { Origin, Result } from "../src/rounds.ts"
import * as Report from "../src/report.ts"
import * as Verdict from "../src/verdict.ts"

const measurement = (contestant: Name, seconds: number, peakBytes = 150_000_000): Measurement => ({
  contestant,
  rows: 1_000,
  seconds,
  startUp: { seconds: 0.5, cpuSeconds: 0.4 },
  cpu: { runner: 0.5, clickHouse: 1, postgres: 2 },
  peakBytes,
  walBytes: 0,
  bytes: 100_000_000,
  encoding: "postgres-copy-binary",
})

const names = ["plain-text", "plain-binary", "ours-binary"] as const
const chosen = contestants(false).filter(({ name }) => names.some((known) => known === name))

const origin: Origin = {
  at: new Date("2026-01-02T03:04:05Z"),
  command: "npm run bench",
  tls: false,
  machine: { cpu: "a", cores: 2, memoryBytes: 2 ** 31, system: "s", node: "1", clickHouse: "2", postgres: "3" },
}

const result = (rows: number, rounds: number, peakBytes?: number): Result => ({
  scenario: { width: "typical", rows },
  copyBytes: 100_000_000,
  contestants: chosen,
  rounds: Array.from(
    { length: rounds },
    () =>
      new Map(
        [measurement("plain-text", 10), measurement("plain-binary", 8), measurement("ours-binary", 9, peakBytes)].map(
          (one) => [one.contestant, one],
        ),
      ),
  ),
  failures: [],
  origin,
})

describe("parts of a benchmark", () => {
  it("are taken over where the same was measured, in as many rounds", () => {
    const folder = mkdtempSync(join(tmpdir(), "batch-exports-test-"))
    try {
      const kept = result(1_000, 3)
      Parts.keep(folder, kept)
      assert.deepStrictEqual(Parts.find(folder, kept.scenario, chosen, 3), kept)
      assert.isUndefined(Parts.find(folder, kept.scenario, chosen, 4))
      assert.isUndefined(Parts.find(folder, kept.scenario, chosen.slice(1), 3))
      assert.isUndefined(Parts.find(folder, { width: "wide", rows: 1_000 }, chosen, 3))
      Parts.keep(folder, { ...kept, failures: ["round 1 does not count"] })
      assert.isUndefined(Parts.find(folder, kept.scenario, chosen, 3))
      writeFileSync(join(folder, "typical-1000.json"), '{"rounds":[],"failures":[]}')
      assert.isUndefined(Parts.find(folder, kept.scenario, chosen, 0))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it("of different days stand on one page, each with its own", () => {
    const folder = mkdtempSync(join(tmpdir(), "batch-exports-test-"))
    try {
      const later = { ...origin, at: new Date("2026-02-03T00:00:00Z"), machine: { ...origin.machine, node: "4" } }
      Parts.keep(folder, { ...result(10_000, 3), origin: later })
      Parts.keep(folder, result(1_000, 3))
      Parts.keep(folder, { ...result(500, 3), scenario: { width: "narrow", rows: 500 }, origin: later })
      const all = Parts.readAll(folder, contestants(false))
      assert.deepStrictEqual(
        all.map(({ scenario }) => `${scenario.width} ${scenario.rows}`),
        ["narrow 500", "typical 1000", "typical 10000"],
      )
      const page = Report.markdown(Report.of(all, contestants(false)))
      const [head = "", narrow = "", small = "", large = ""] = page.split(/^## /m)
      assert.include(head, "**Date**: 2026-02-03")
      assert.include(head, "Node 4")
      assert.include(small, "- **Date**: 2026-01-02\n- **Versions**: Node 1")
      for (const section of [narrow, large]) assert.notInclude(section, "**Date**")
      assert.include(page, "ours, binary**")
      assert.notInclude(page, "row by row**")
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it("say who took part in fewer rounds", () => {
    const slow = contestants(false).filter(({ mostRounds }) => mostRounds !== undefined)
    const text = Report.markdown(Report.of([{ ...result(1_000, 5), contestants: slow }], slow))
    assert.include(text, "of 5 rounds; of 3 for Node, row by row; ")
    assert.include(Report.markdown(Report.of([{ ...result(1_000, 3), contestants: slow }], slow)), "of 3 rounds.")
  })
})

describe("the verdict", () => {
  it("is about the most events of the typical kind, and about memory from the fewest to the most", () => {
    const judged = Verdict.judged([result(1_000, 2), result(10_000, 2, 180_000_000)])
    assert.deepStrictEqual(
      judged.map(({ measured, most }) => [Number(measured.toFixed(3)), most]),
      [
        [1.125, 1.1],
        [0.9, 0.85],
        [5, 6],
        [180, 180],
        [1.2, 1.1],
      ],
    )
    assert.deepStrictEqual(
      Verdict.lines([result(1_000, 2)])
        .slice(1)
        .map((line) => line.trim()[0]),
      ["✗", "✗", "✓", "✓"],
    )
    assert.deepStrictEqual(Verdict.lines([]), [])
  })
})
