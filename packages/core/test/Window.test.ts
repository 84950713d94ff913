import { Result } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { Window } from "@batch-exports/core"
import { hour } from "./support.ts"

describe("Window.parse", () => {
  it("reads minutes, and milliseconds", () => {
    const parsed = Result.getOrThrow(Window.parse("2024-02-29T13:00Z/2024-02-29T13:00:00.125Z"))
    assert.strictEqual(Window.format(parsed), "2024-02-29T13:00:00.000Z/2024-02-29T13:00:00.125Z")
  })

  it("reads two instants, in any zone", () => {
    const parsed = Result.getOrThrow(Window.parse("2026-01-31T14:00:00+01:00/2026-01-31T14:00:00Z"))
    assert.strictEqual(Window.format(parsed), "2026-01-31T13:00:00.000Z/2026-01-31T14:00:00.000Z")
  })

  it.each([
    ["2026-01-31T13:00:00Z", "is not a window"],
    ["2026-01-31T13:00:00/2026-01-31T14:00:00Z", "has no time zone"],
    ["tomorrowZ/2026-01-31T14:00:00Z", "is not a date and time"],
    ["2026-01-31T14:00:00Z/2026-01-31T14:00:00Z", "must start before it ends"],
    ["a/b/c", "is not a window"],
    ["1/2", "is not a date and time"],
    ["2026-02-31T00:00:00Z/2026-03-04T00:00:00Z", '"2026-02-31T00:00:00Z" is not a date and time'],
    ["2026-02-28T25:00:00Z/2026-03-04T00:00:00Z", "is not a date and time"],
    ["2026-01-31T13:00:00.0001Z/2026-01-31T14:00:00Z", "finer than a millisecond"],
    ["0000-01-01T00:00:00Z/1960-01-01T00:00:00Z", "before 1970"],
    ["", "is not a window"],
  ])("refuses %s", (text, message) => {
    const parsed = Window.parse(text)
    assert.isTrue(Result.isFailure(parsed))
    if (Result.isFailure(parsed)) assert.include(parsed.failure, message)
  })
})

describe("Window.subtract", () => {
  const gaps = (covered: ReadonlyArray<Window.Window>) => Window.subtract(hour(2, 4), covered).map(Window.format)
  const expected = (...windows: ReadonlyArray<Window.Window>) => windows.map(Window.format)

  it.each([
    { name: "nothing covered", covered: [], left: [hour(2, 4)] },
    { name: "all covered", covered: [hour(0, 10)], left: [] },
    { name: "exactly covered", covered: [hour(2, 4)], left: [] },
    { name: "neighbours only", covered: [hour(0, 2), hour(6, 2)], left: [hour(2, 4)] },
    { name: "the start", covered: [hour(1, 2)], left: [hour(3, 3)] },
    { name: "the end", covered: [hour(5, 9)], left: [hour(2, 3)] },
    { name: "a hole in the middle", covered: [hour(3, 1)], left: [hour(2, 1), hour(4, 2)] },
    { name: "several, unordered and overlapping", covered: [hour(5), hour(3, 2), hour(3)], left: [hour(2)] },
  ])("$name", ({ covered, left }) => {
    assert.deepStrictEqual(gaps(covered), expected(...left))
  })
})
