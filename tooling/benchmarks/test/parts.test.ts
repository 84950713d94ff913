import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contestants, type Name } from "../src/contestants/index.ts"
import type { Measurement } from "../src/measure.ts"
import * as Parts from "../src/parts.ts"
import type { Result } from "../src/rounds.ts"
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
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
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
