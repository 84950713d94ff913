import { assert, describe, it } from "@effect/vitest"
import { merge, plan, type Situation, type Skipped, withoutGap } from "../../src/schedule/plan.ts"
import * as Schedule from "../../src/schedule/Schedule.ts"
import type { Settings } from "../../src/schedule/Settings.ts"
import { generator } from "../support/random.ts"

const SEED = Number(process.env["SEED"] ?? 20_260_131)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const at = (text: string) => Date.parse(`2026-01-31T${text}:00Z`)
const time = (millis: number) => new Date(millis).toISOString().slice(11, 16)
const spans = (list: ReadonlyArray<Schedule.Span>) => list.map(({ end, start }) => `${time(start)}-${time(end)}`)

const situation = (settings: Settings, changes: Partial<Situation>): Situation => ({
  exportName: "events",
  schedule: Schedule.make(settings),
  cursor: at("10:00"),
  now: at("10:20"),
  unfinished: 0,
  covered: [],
  ...changes,
})

describe("what is due", () => {
  const hourly: Settings = { every: "hour" }

  it("an export first seen at 10:20 first runs after 11:00, for [10:00, 11:00)", () => {
    const schedule = Schedule.make(hourly)
    const cursor = Schedule.origin(schedule, at("10:20"))
    const early = plan(situation(hourly, { cursor, now: at("11:00") }))
    assert.deepStrictEqual([early.runs, early.cursor, early.nextDue], [[], at("10:00"), at("11:00") + MINUTE])
    const due = plan(situation(hourly, { cursor, now: at("11:01") }))
    assert.deepStrictEqual(due.runs, [{ start: at("10:00"), end: at("11:00"), dueAt: at("11:01") }])
    assert.strictEqual(due.cursor, at("11:00"))
  })

  it("startAt and endAt cut the first and the last window", () => {
    const settings: Settings = { every: "hour", startAt: "2026-01-31T10:20:00Z", endAt: "2026-01-31T12:30:00Z" }
    const cursor = Schedule.origin(Schedule.make(settings), at("15:00"))
    const due = plan(situation(settings, { cursor, now: at("15:00") }))
    assert.deepStrictEqual(spans(due.runs), ["10:20-11:00", "11:00-12:00", "12:00-12:30"])
    assert.strictEqual(due.nextDue, undefined)
  })

  it("a change of the period leaves no hole and no overlap", () => {
    const before = plan(situation({ every: "15 minutes" }, { now: at("10:50") }))
    assert.deepStrictEqual(spans(before.runs), ["10:00-10:15", "10:15-10:30", "10:30-10:45"])
    const after = plan(situation(hourly, { cursor: before.cursor, now: at("12:30") }))
    assert.deepStrictEqual(spans(after.runs), ["10:45-11:00", "11:00-12:00"])
  })

  const missed = { now: at("15:30") }
  const cases: ReadonlyArray<
    readonly [string, Settings, Partial<Situation>, ReadonlyArray<string>, ReadonlyArray<string>]
  > = [
    [
      "all missed windows are caught up",
      hourly,
      missed,
      ["10:00-11:00", "11:00-12:00", "12:00-13:00", "13:00-14:00", "14:00-15:00"],
      [],
    ],
    ["only the latest", { every: "hour", catchUp: "latest" }, missed, ["14:00-15:00"], ["10:00-14:00 catch-up ×4"]],
    [
      "at most the limit, the newest",
      { every: "hour", catchUpLimit: 2 },
      missed,
      ["13:00-14:00", "14:00-15:00"],
      ["10:00-13:00 catch-up limit ×3"],
    ],
    [
      "what the ledger holds is not run again",
      hourly,
      {
        ...missed,
        covered: [
          { start: at("11:30"), end: at("14:00") },
          { start: at("11:00"), end: at("11:30") },
        ],
      },
      ["10:00-11:00", "14:00-15:00"],
      ["11:00-14:00 already exported ×3"],
    ],
    [
      "what the ledger holds in part is",
      hourly,
      { ...missed, covered: [{ start: at("10:00"), end: at("14:30") }] },
      ["14:00-15:00"],
      ["10:00-14:00 already exported ×4"],
    ],
    [
      "overlap: skip, while a run is under way",
      { every: "hour", overlap: "skip" },
      { now: at("11:30"), unfinished: 1 },
      [],
      ["10:00-11:00 overlap ×1"],
    ],
    [
      "overlap: skip fills the places that are free",
      { every: "hour", overlap: "skip", concurrency: 3 },
      { ...missed, unfinished: 1 },
      ["10:00-11:00", "11:00-12:00"],
      ["12:00-15:00 overlap ×3"],
    ],
    ["overlap: queue makes runs that wait", hourly, { now: at("11:30"), unfinished: 5 }, ["10:00-11:00"], []],
  ]
  const told = (list: ReadonlyArray<Skipped>) =>
    list.map((entry) => `${spans([entry])[0]} ${entry.reason} ×${entry.occurrences}`)
  it.each(cases)("%s", (_, settings, changes, runs, skipped) => {
    const planned = plan(situation(settings, changes))
    assert.deepStrictEqual(spans(planned.runs), runs)
    assert.deepStrictEqual(told(planned.skipped), skipped)
    assert.strictEqual(planned.cursor, changes.now === at("15:30") ? at("15:00") : at("11:00"))
  })

  it("a pause without its gap skips what ended during it", () => {
    const { cursor, skipped } = withoutGap(Schedule.make(hourly), at("10:00"), at("13:20"))
    assert.deepStrictEqual(told(skipped), ["10:00-13:00 paused ×3"])
    assert.strictEqual(cursor, at("13:00"))
  })
})

describe("jitter", () => {
  it("is the same every time, and spreads exports over its length", () => {
    const schedule = Schedule.make({ every: "hour", jitter: "60 seconds", settle: "0 seconds" })
    const shares = Array.from({ length: 500 }, (_, index) => Schedule.dueAt(schedule, `export-${index}`, 0))
    assert.deepStrictEqual(
      shares,
      shares.map((_, index) => Schedule.dueAt(schedule, `export-${index}`, 0)),
    )
    const buckets = Array.from(
      { length: 6 },
      (_, sixth) => shares.filter((share) => Math.floor(share / 10_000) === sixth).length,
    )
    for (const bucket of buckets) assert.isTrue(bucket > 50 && bucket < 120, buckets.join(" "))
  })
})

describe(`every occurrence is accounted for (seed ${SEED})`, () => {
  it("whatever happens to clock, ledger, load and settings, the time line has no hole and no overlap", () => {
    const random = generator(SEED)
    const pick = <A>(...list: readonly [A, ...Array<A>]): A => list[Math.floor(random() * list.length)] ?? list[0]
    for (let history = 0; history < 80; history++) {
      let now = Date.parse("2024-03-01T00:00:00Z") + Math.floor(random() * 500 * 24 * HOUR)
      const first = now - Math.floor(random() * 40 * 24 * HOUR)
      let cursor = first
      const accounted: Array<Schedule.Span> = []
      for (let step = 0; step < 12; step++) {
        const settings: Settings = {
          ...pick<Settings & object>(
            { every: "5 minutes" },
            { every: "hour" },
            { every: "day", timezone: "Europe/Berlin", offset: "6 hours" },
            { every: "week", timezone: "America/Santiago" },
            { cron: "30 2 * * 1-5", timezone: "Europe/Berlin" },
          ),
          catchUp: pick("all", "latest"),
          catchUpLimit: pick(1, 7, 2000),
          overlap: pick("queue", "skip"),
          settle: pick("0 seconds", "60 seconds"),
          jitter: pick("0 seconds", "5 minutes"),
        }
        const schedule = Schedule.make(settings)
        const covered = Array.from({ length: 5 }, () => {
          const start = first + Math.floor(random() * (now - first))
          return { start, end: start + Math.floor(random() * 30 * HOUR) + 1 }
        })
        if (random() < 0.1) {
          const left = withoutGap(schedule, cursor, now)
          accounted.push(...left.skipped)
          cursor = left.cursor
        }
        for (;;) {
          const planned = plan({
            exportName: "e",
            schedule,
            cursor,
            now,
            unfinished: pick(0, 1, 3),
            covered,
            batch: pick(1, 50, 5_000),
          })
          accounted.push(...[...planned.runs, ...planned.skipped].toSorted((a, b) => a.start - b.start))
          for (const run of planned.runs) {
            assert.isAtMost(run.dueAt, now)
            assert.isAtLeast(run.dueAt, run.end)
          }
          assert.isAtMost(planned.runs.length, schedule.catchUp === "latest" ? 1 : schedule.catchUpLimit)
          assert.isTrue(!planned.more || planned.cursor > cursor, "a plan with more to come makes progress")
          cursor = planned.cursor
          if (!planned.more) {
            assert.isTrue(planned.nextDue === undefined || planned.nextDue > now)
            break
          }
        }
        now += Math.floor(random() * 20 * 24 * HOUR)
      }
      let reached = first
      for (const span of accounted) {
        assert.strictEqual(span.start, reached, `history ${history}`)
        assert.isAbove(span.end, span.start)
        reached = span.end
      }
      assert.strictEqual(reached, cursor)
    }
  })

  it("merging spans covers the same instants", () => {
    const random = generator(SEED)
    const list = Array.from({ length: 40 }, () => {
      const start = Math.floor(random() * 200)
      return { start, end: start + 1 + Math.floor(random() * 8) }
    })
    const inside = (all: ReadonlyArray<Schedule.Span>, instant: number) =>
      all.some(({ end, start }) => start <= instant && instant < end)
    for (let instant = 0; instant < 220; instant++)
      assert.strictEqual(inside(merge(list), instant), inside(list, instant))
    assert.deepStrictEqual(merge(merge(list)), merge(list))
  })
})
