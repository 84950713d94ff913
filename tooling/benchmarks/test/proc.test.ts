import { assert, describe, it } from "@effect/vitest"
import * as Proc from "../src/proc.ts"

describe("parseStat", () => {
  it("reads times after a name that looks like more fields", () => {
    const stat = "42 (a) S 9 (x) R 1 42 42 0 -1 4194560 100 200 0 0 150 50 25 75 20 0 1 0 100 0 0"
    assert.deepStrictEqual(Proc.parseStat(stat), { own: 2, reaped: 1 })
  })
})

describe("parsePeak", () => {
  it("reads VmHWM as bytes", () => {
    assert.strictEqual(Proc.parsePeak("VmPeak:\t  9999 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 100 kB\n"), 2_097_152)
  })

  it("is zero for a process that has ended", () => {
    assert.strictEqual(Proc.parsePeak(""), 0)
  })
})

describe.runIf(Proc.available)("this process", () => {
  it("has used time and memory", () => {
    const { own } = Proc.cpuOf(process.pid)
    assert.isAbove(own, 0)
    assert.isAtLeast(Proc.cpuOfFamily(process.pid), own)
    const peaks = new Map<number, number>()
    Proc.notePeaks(process.pid, peaks)
    assert.isAtLeast(peaks.get(process.pid) ?? 0, process.memoryUsage().rss / 2)
  })
})
