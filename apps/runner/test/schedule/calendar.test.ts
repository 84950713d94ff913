import { assert, describe, it } from "@effect/vitest"
import { Cron, DateTime, Option } from "effect"
import * as Calendar from "../../src/schedule/calendar.ts"
import { generator } from "../support/random.ts"

const SEED = Number(process.env["SEED"] ?? 20_260_131)
const HOUR = 3_600_000
const at = (text: string) => Date.parse(text)
const zone = (name: string) => Option.getOrThrow(DateTime.zoneFromString(name))
const iso = (millis: number | undefined) =>
  millis === undefined ? undefined : new Date(millis).toISOString().slice(0, 16)

describe("where periods end", () => {
  const berlin = zone("Europe/Berlin")
  const daily = Calendar.days({ count: 1, offset: 0, zone: berlin })
  const cases: ReadonlyArray<readonly [string, Calendar.Calendar, string, string, string]> = [
    ["an hour", Calendar.fixed(HOUR, 0), "2026-01-31T10:20Z", "2026-01-31T10:00", "2026-01-31T11:00"],
    ["an hour, on its boundary", Calendar.fixed(HOUR, 0), "2026-01-31T10:00Z", "2026-01-31T10:00", "2026-01-31T11:00"],
    [
      "an hour with an offset",
      Calendar.fixed(HOUR, 10 * 60_000),
      "2026-01-31T10:05Z",
      "2026-01-31T09:10",
      "2026-01-31T10:10",
    ],
    ["five minutes", Calendar.fixed(300_000, 0), "2026-01-31T23:58Z", "2026-01-31T23:55", "2026-02-01T00:00"],
    ["a day in Berlin", daily, "2026-01-31T10:00Z", "2026-01-30T23:00", "2026-01-31T23:00"],
    ["the day on which summer begins", daily, "2026-03-29T10:00Z", "2026-03-28T23:00", "2026-03-29T22:00"],
    ["the day on which summer ends", daily, "2026-10-25T10:00Z", "2026-10-24T22:00", "2026-10-25T23:00"],
    // 02:30 is left out on 29 March and comes twice on 25 October.
    [
      "a time that is left out",
      Calendar.days({ count: 1, offset: 2.5 * HOUR, zone: berlin }),
      "2026-03-29T00:00Z",
      "2026-03-28T01:30",
      "2026-03-29T01:30",
    ],
    [
      "a time that comes twice",
      Calendar.days({ count: 1, offset: 2.5 * HOUR, zone: berlin }),
      "2026-10-25T00:45Z",
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ],
    [
      "a week begins on Monday",
      Calendar.days({ count: 7, offset: 0, zone: zone("UTC") }),
      "2026-01-31T10:00Z",
      "2026-01-26T00:00",
      "2026-02-02T00:00",
    ],
    [
      "a week with an offset",
      Calendar.days({ count: 7, offset: 30 * HOUR, zone: zone("America/New_York") }),
      "2026-01-27T10:00Z",
      "2026-01-20T11:00",
      "2026-01-27T11:00",
    ],
    [
      "a day far in the east",
      Calendar.days({ count: 1, offset: 0, zone: zone("Pacific/Kiritimati") }),
      "2026-01-31T10:00Z",
      "2026-01-31T10:00",
      "2026-02-01T10:00",
    ],
    [
      "cron",
      Calendar.cron(Cron.parseUnsafe("0 6 * * 1-5", "Europe/Berlin")),
      "2026-01-31T10:00Z",
      "2026-01-30T05:00",
      "2026-02-02T05:00",
    ],
    [
      "cron, on its boundary",
      Calendar.cron(Cron.parseUnsafe("*/20 * * * *", "UTC")),
      "2026-01-31T10:20Z",
      "2026-01-31T10:20",
      "2026-01-31T10:40",
    ],
  ]
  it.each(cases)("%s", (_, calendar, now, before, after) => {
    assert.strictEqual(iso(calendar.notAfter(at(now))), before)
    assert.strictEqual(iso(calendar.after(at(now))), after)
  })

  it("a cron expression that never comes has no next time", () => {
    assert.isUndefined(Calendar.cron(Cron.parseUnsafe("0 0 30 2 *", "UTC")).after(at("2026-01-31T00:00Z")))
  })
})

describe(`twelve years of calendar (seed ${SEED})`, () => {
  const zones = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Casablanca",
    "+03:30",
  ]
  const calendars = zones.flatMap((name) => [
    [`days, ${name}`, Calendar.days({ count: 1, offset: 2 * HOUR + 15 * 60_000, zone: zone(name) })] as const,
    [`weeks, ${name}`, Calendar.days({ count: 7, offset: 90 * HOUR, zone: zone(name) })] as const,
    [`cron, ${name}`, Calendar.cron(Cron.parseUnsafe("30 2 * * *", zone(name)))] as const,
  ])
  it.each([...calendars, ["15 minutes", Calendar.fixed(900_000, 0)] as const])(
    "%s: boundaries rise, and every instant is between two of them",
    (_, calendar) => {
      const random = generator(SEED)
      for (let i = 0; i < 300; i++) {
        const instant = at("2019-01-01T00:00Z") + Math.floor(random() * 12 * 365 * 24 * HOUR)
        const before = calendar.notAfter(instant)
        const after = calendar.after(instant)
        assert.isDefined(after)
        assert.isAtMost(before, instant)
        assert.isAbove(after ?? 0, instant)
        // Both directions name the same boundaries.
        assert.strictEqual(calendar.after(before), after, iso(instant))
        assert.strictEqual(calendar.notAfter((after ?? 0) - 1), before, iso(instant))
        assert.strictEqual(calendar.notAfter(before), before, iso(instant))
      }
    },
  )

  it("a year has as many days as the calendar says, and one of 23 and one of 25 hours", () => {
    const calendar = Calendar.days({ count: 1, offset: 0, zone: zone("Europe/Berlin") })
    const lengths = new Map<number, number>()
    let day = at("2025-12-31T23:00Z")
    while (day < at("2026-12-31T23:00Z")) {
      const next = calendar.after(day) ?? 0
      lengths.set((next - day) / HOUR, (lengths.get((next - day) / HOUR) ?? 0) + 1)
      day = next
    }
    assert.deepStrictEqual(
      [...lengths].toSorted(([a], [b]) => a - b),
      [
        [23, 1],
        [24, 363],
        [25, 1],
      ],
    )
  })
})
