import { assert, describe, it } from "@effect/vitest"
import { countWindows, cut, defaultStep, nextWindows } from "../src/runner/backfill.ts"
import * as Schedule from "../src/schedule/Schedule.ts"

const at = (text: string) => Date.parse(text)
const range = (start: string, end: string) => ({ start: at(start), end: at(end) })
const told = (spans: Iterable<Schedule.Span>) =>
  Array.from(spans, ({ end, start }) => `${new Date(start).toISOString().slice(5, 16)} ${(end - start) / 3_600_000} h`)
const hourly = Schedule.make("hour")

describe("how a backfill is cut", () => {
  it("as scheduled, with shorter windows at both ends", () => {
    assert.deepStrictEqual(told(cut(range("2026-01-31T06:20Z", "2026-01-31T08:30Z"), "schedule", hourly)), [
      "01-31T06:20 0.6666666666666666 h",
      "01-31T07:00 1 h",
      "01-31T08:00 0.5 h",
    ])
  })
  it("by another step, and whole", () => {
    const days = range("2026-01-30T12:00Z", "2026-02-01T00:00Z")
    assert.deepStrictEqual(told(cut(days, "day", hourly)), ["01-30T12:00 12 h", "01-31T00:00 24 h"])
    assert.deepStrictEqual(told(cut(days, "whole", hourly)), ["01-30T12:00 36 h"])
  })
  it("a year of hours becomes days, a week of hours stays hours", () => {
    const year = range("2025-01-01T00:00Z", "2026-01-01T00:00Z")
    assert.strictEqual(defaultStep(year, hourly), "day")
    assert.strictEqual(countWindows(year, "day", hourly), 365)
    assert.strictEqual(countWindows(year, "hour", hourly), 8_760)
    assert.strictEqual(defaultStep(range("2025-01-01T00:00Z", "2025-01-08T00:00Z"), hourly), "schedule")
    assert.strictEqual(defaultStep(year, undefined), "day")
  })
})

describe("the next windows of a backfill", () => {
  const day = range("2026-01-31T00:00Z", "2026-02-01T00:00Z")
  const backfill = { cursorAt: day.start, range: day, step: "hour" }
  it("oldest first, as many as there is room for", () => {
    const next = nextWindows(backfill, hourly, [], 3)
    assert.deepStrictEqual(told(next.windows), ["01-31T00:00 1 h", "01-31T01:00 1 h", "01-31T02:00 1 h"])
    assert.strictEqual(next.cursor, at("2026-01-31T03:00Z"))
  })
  it("without what the ledger holds", () => {
    const ledger = [range("2026-01-31T01:00Z", "2026-01-31T22:00Z")]
    const next = nextWindows(backfill, hourly, ledger, 3)
    assert.deepStrictEqual(told(next.windows), ["01-31T00:00 1 h", "01-31T22:00 1 h", "01-31T23:00 1 h"])
    assert.strictEqual(next.cursor, day.end)
  })
  it("none, and the end, where the ledger holds all", () => {
    assert.deepStrictEqual(nextWindows(backfill, hourly, [day], 3), { windows: [], cursor: day.end })
  })
})
