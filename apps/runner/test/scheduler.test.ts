import type { ExportWindow } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Layer, Logger, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as RunnerSettings from "../src/config/RunnerSettings.ts"
import type { SqlClient } from "effect/sql"
import { RunEngine } from "../src/engine/RunEngine.ts"
import { Definitions, type Loaded } from "../src/runner/Definitions.ts"
import { dispatch } from "../src/runner/dispatch.ts"
import * as Failures from "../src/runner/failures.ts"
import { planDue } from "../src/runner/planDue.ts"
import { progress } from "../src/runner/progress.ts"
import * as Schedule from "../src/schedule/Schedule.ts"
import type { Settings } from "../src/schedule/Settings.ts"
import * as Backfills from "../src/store/Backfills.ts"
import * as Exports from "../src/store/Exports.ts"
import type { Run } from "../src/store/Run.ts"
import { migrate } from "../src/store/migrations.ts"
import * as Runs from "../src/store/Runs.ts"
import * as Sqlite from "../src/store/sqlite.ts"
import { generator } from "./support/random.ts"

const SEED = Number(process.env["SEED"] ?? 20_260_131)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.parse("2025-02-01T00:00:00Z")

/** Another engine behind the port: it ends every run at once, or keeps it. */
const engine = (endsRuns: Ref.Ref<boolean>) =>
  Layer.effect(
    RunEngine,
    Effect.gen(function* () {
      const context = yield* Effect.context<Effect.Services<ReturnType<typeof Runs.get>>>()
      return {
        submit: ({ generation, runId }) =>
          Effect.gen(function* () {
            if (!(yield* Ref.get(endsRuns))) return
            const run = yield* Runs.take({ id: runId, generation }, "a runner")
            if (run === undefined) return
            yield* Runs.attemptStarted(run)
            yield* Runs.completed(run, { _tag: "AlreadyExported", notices: [] })
          }).pipe(Effect.orDie, Effect.provideContext(context)),
        cancel: () => Effect.void,
        status: () => Effect.succeed("unknown" as const),
      }
    }),
  )

const exported: ExportWindow.Outcome = {
  _tag: "Exported",
  windows: [],
  sent: { rows: 1_000, adjusted: {} },
  stored: { received: 1_000, inserted: 1_000, updated: 0, unchanged: 0 },
  bytes: 10_000,
  encoding: "jsonl",
  leftOut: [],
  committedAt: DateTime.makeUnsafe(START),
  timings: { open: 1_000, transfer: 8_000, commit: 1_000 },
  notices: [],
}

const loaded = (exports: Readonly<Record<string, Settings>>, identity: "Append" | "Upsert" = "Append"): Loaded => ({
  runner: RunnerSettings.make({ concurrency: 1_000, perDestination: 1_000 }),
  definitions: new Map(
    Object.entries(exports).map(([name, settings]) => [
      name,
      {
        export: {
          name,
          destinationName: "warehouse",
          destination: { ledger: () => (name === "broken" ? Stream.die("a plugin's fault") : Stream.empty) },
          source: { open: Effect.succeed({ model: { identity: { _tag: identity } } }) },
        },
        schedule: Schedule.make(settings),
      } as unknown as NonNullable<ReturnType<Loaded["definitions"]["get"]>>,
    ]),
  ),
})

const state = Layer.effectDiscard(migrate).pipe(Layer.provideMerge(Sqlite.layer(":memory:")))

/** A runner's planning, on the test's clock. */
const withPlanning = <A, E, R>(body: (planning: Planning) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const definitions = yield* Ref.make(loaded({}))
    const endsRuns = yield* Ref.make(true)
    yield* TestClock.setTime(START)
    return yield* body({
      configure: Effect.fnUntraced(function* (next) {
        yield* Ref.set(definitions, next)
        const now = yield* Clock.currentTimeMillis
        yield* Exports.sync(
          Array.from(next.definitions, ([name, { schedule }]) => ({
            name,
            schedule: schedule?.description ?? null,
            origin: schedule === undefined ? null : Schedule.origin(schedule, now),
          })),
        )
      }),
      round: Effect.andThen(planDue(), dispatch()),
      endsRuns: (ends) => Ref.set(endsRuns, ends),
    } as Planning).pipe(
      Effect.provide(engine(endsRuns)),
      Effect.provideService(Definitions, definitions),
      Effect.provide(Logger.layer([])),
    )
  }).pipe(Effect.provide(state))

interface Planning {
  readonly configure: (next: Loaded) => Effect.Effect<void, never, Effect.Services<ReturnType<typeof Exports.sync>>>
  readonly round: Effect.Effect<
    number,
    never,
    Effect.Services<ReturnType<typeof planDue>> | Effect.Services<ReturnType<typeof dispatch>>
  >
  readonly endsRuns: (ends: boolean) => Effect.Effect<void>
}

const time = (millis: number) => new Date(millis).toISOString().slice(0, 16)

describe("planning on a clock", () => {
  it.effect("an export first seen at 10:20 runs after 11:00 and a settle delay", () =>
    withPlanning(({ configure, round }) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(START + 10 * HOUR + 20 * MINUTE)
        yield* configure(loaded({ events: { every: "hour" } }))
        yield* TestClock.setTime(START + 11 * HOUR + 59_999)
        assert.strictEqual(yield* round, 0)
        yield* TestClock.adjust(1)
        assert.strictEqual(yield* round, 1)
        const [run] = yield* Runs.list({ limit: 10 })
        assert.deepStrictEqual(run?.window, { start: START + 10 * HOUR, end: START + 11 * HOUR })
        assert.strictEqual(run?.state, "completed")
        assert.strictEqual(yield* round, 0)
      }),
    ),
  )

  it.effect("a pause holds runs back, and its end lets them go, oldest first", () =>
    withPlanning(({ configure, round }) =>
      Effect.gen(function* () {
        yield* configure(loaded({ events: { every: "hour", settle: "0 seconds", concurrency: 10 } }))
        yield* Exports.pause("events", "by hand")
        yield* TestClock.setTime(START + 5 * HOUR)
        assert.strictEqual(yield* round, 0)
        assert.isTrue(yield* Exports.resume("events"))
        assert.strictEqual(yield* round, 5)
        const runs = yield* Runs.list({ limit: 10 })
        assert.deepStrictEqual(
          runs.map(({ window }) => time(window.start)).toReversed(),
          Array.from({ length: 5 }, (_, hour) => time(START + hour * HOUR)),
        )
      }),
    ),
  )

  it.effect("what replaces older records catches up in one window, whatever the limit", () =>
    withPlanning(({ configure, round }) =>
      Effect.gen(function* () {
        yield* configure(loaded({ persons: { every: "hour", settle: "0 seconds", catchUpLimit: 1 } }, "Upsert"))
        yield* TestClock.setTime(START + 48 * HOUR)
        assert.strictEqual(yield* round, 1)
        const [run, ...others] = yield* Runs.list({ limit: 100 })
        assert.lengthOf(others, 0)
        assert.deepStrictEqual(run?.window, { start: START, end: START + 48 * HOUR })
        assert.deepStrictEqual(
          (yield* Exports.occurrences("persons")).map(({ occurrences, outcome }) => [occurrences, outcome]),
          [[48, "run"]],
        )
      }),
    ),
  )

  it.effect("an export that comes back is given the runs that were skipped for its absence", () =>
    withPlanning(({ configure, endsRuns, round }) =>
      Effect.gen(function* () {
        const both = loaded({ events: { every: "hour", settle: "0 seconds" } })
        yield* configure(both)
        yield* endsRuns(false)
        yield* TestClock.setTime(START + HOUR)
        yield* round
        yield* configure(loaded({}))
        const [run] = yield* Runs.list({ limit: 10 })
        assert.isDefined(run)
        yield* Runs.skipped(run, Failures.removed("events"))
        yield* configure(both)
        assert.deepInclude((yield* Runs.list({ limit: 10 }))[0], { id: run.id, state: "scheduled", error: null })
        // Once is enough.
        yield* configure(both)
        assert.strictEqual((yield* Runs.list({ limit: 10 }))[0]?.generation, 2)
      }),
    ),
  )

  it.effect("a run that is retried does what it was made for; one that succeeded is not forced again", () =>
    Effect.gen(function* () {
      const window = { start: START, end: START + HOUR }
      const waiting = { export: "events", destination: "warehouse", origin: "backfill", window, dueAt: START } as const
      const modeAfter = Effect.fnUntraced(function* (
        end: (run: Run) => Effect.Effect<unknown, unknown, SqlClient.SqlClient>,
      ) {
        const id = yield* Runs.insert({ ...waiting, mode: "force" })
        const run = yield* Runs.get(id)
        assert.isDefined(run)
        yield* end(run)
        assert.isTrue(yield* Runs.retry(id))
        return (yield* Runs.get(id))?.mode
      })
      assert.strictEqual(yield* modeAfter((run) => Runs.failed(run, Failures.removed("events"))), "force")
      assert.strictEqual(yield* modeAfter((run) => Runs.cancelled(run)), "force")
      assert.strictEqual(
        yield* modeAfter((run) => Runs.completed(run, { _tag: "AlreadyExported", notices: [] })),
        "once",
      )
    }).pipe(Effect.provide(state)),
  )

  it.effect("a backfill's pace is that of its latest windows, without the night that it stood still", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(START)
      const range = { start: START - 40 * HOUR, end: START }
      const ask = { export: "events", range, step: "hour", mode: "once", concurrency: 20, windows: 40 } as const
      /** Of these windows, each ten seconds long, how many are left, and the rows in a second. */
      const told = (id: string) =>
        Effect.flatMap(Backfills.byPrefix(id), ([backfill]) =>
          backfill === undefined
            ? Effect.undefined
            : Effect.map(progress(backfill), ({ millisLeft, rowsPerSecond }) => [millisLeft, rowsPerSecond]),
        )
      const start = Effect.fnUntraced(function* (id: string, count: number) {
        const [backfill] = yield* Backfills.byPrefix(id)
        assert.isDefined(backfill)
        const windows = Array.from({ length: count }, (_, index) => ({
          start: backfill.cursorAt + index * HOUR,
          end: backfill.cursorAt + (index + 1) * HOUR,
        }))
        const cursor = backfill.cursorAt + count * HOUR
        yield* Backfills.advance(backfill, { destination: "warehouse", windows, cursor })
        return yield* Effect.forEach(
          yield* Runs.list({ states: ["scheduled"], backfillId: id, limit: count }),
          Effect.fnUntraced(function* (made) {
            yield* Runs.dispatch(made.id)
            const run = yield* Runs.take(made, "a runner")
            assert.isDefined(run)
            yield* Runs.attemptStarted(run)
            return run
          }),
        )
      })
      const end = Effect.fnUntraced(function* (runs: ReadonlyArray<Run>) {
        yield* TestClock.adjust("10 seconds")
        for (const run of runs) yield* Runs.completed(run, exported)
      })

      const one = yield* Backfills.insert({ ...ask, concurrency: 1 })
      assert.deepStrictEqual(yield* told(one), [null, 0])
      for (let n = 0; n < 20; n++) yield* end(yield* start(one, 1))
      const underWay = yield* start(one, 1)
      yield* TestClock.adjust("12 hours")
      // As one that is taken over after a stop, and begun again.
      yield* end(underWay)
      for (let n = 1; n <= 10; n++) {
        assert.deepStrictEqual(yield* told(one), [(20 - n) * 10_000, 100], `${n} windows after it stood still`)
        yield* end(yield* start(one, 1))
      }

      const many = yield* Backfills.insert(ask)
      yield* end(yield* start(many, 20))
      assert.deepStrictEqual(yield* told(many), [10_000, 2_000])
    }).pipe(Effect.provide(state)),
  )

  it.effect("a run that waits is cancelled at once, one under way is asked to end", () =>
    Effect.gen(function* () {
      const window = { start: START, end: START + HOUR }
      const waiting = { export: "events", destination: "warehouse", origin: "backfill", window, dueAt: START } as const
      const id = yield* Runs.insert(waiting)
      assert.isTrue(yield* Runs.requestCancel(id))
      assert.isTrue(yield* Runs.retry(id))
      yield* Runs.dispatch(id)
      assert.isFalse(yield* Runs.requestCancel(id))
      assert.deepInclude(yield* Runs.get(id), { state: "starting", cancelRequested: true })
    }).pipe(Effect.provide(state)),
  )

  it.effect("an export that cannot be planned does not hold up the others", () =>
    withPlanning(({ configure, round }) =>
      Effect.gen(function* () {
        yield* configure(loaded({ broken: { every: "hour" }, events: { every: "hour", concurrency: 5 } }))
        yield* TestClock.setTime(START + 5 * HOUR)
        assert.strictEqual(yield* round, 4)
        assert.deepStrictEqual((yield* Exports.get("broken"))?.cursorAt, START)
      }),
    ),
  )

  it.effect("a run that takes long makes the next ones wait, or skips them", () =>
    withPlanning(({ configure, endsRuns, round }) =>
      Effect.gen(function* () {
        yield* configure(
          loaded({
            queued: { every: "hour", settle: "0 seconds" },
            skipping: { every: "hour", settle: "0 seconds", overlap: "skip" },
          }),
        )
        yield* endsRuns(false)
        for (let hour = 1; hour <= 4; hour++) {
          yield* TestClock.setTime(START + hour * HOUR)
          yield* round
        }
        const states = (name: string) =>
          Effect.map(Runs.list({ export: name, limit: 10 }), (runs) => runs.map((run) => run.state).toReversed())
        assert.deepStrictEqual(yield* states("queued"), ["starting", "scheduled", "scheduled", "scheduled"])
        assert.deepStrictEqual(yield* states("skipping"), ["starting"])
        const left = yield* Exports.skipped({ limit: 10 })
        assert.deepStrictEqual(
          left.map((each) => [each.export, time(each.start), each.reason]).toReversed(),
          [1, 2, 3].map((hour) => ["skipping", time(START + hour * HOUR), "overlap"]),
        )
        assert.deepStrictEqual(
          (yield* Exports.occurrences("skipping")).map(({ outcome, reason }) => reason ?? outcome),
          ["run", "overlap", "overlap", "overlap"],
        )
      }),
    ),
  )

  it.effect("500 exports with a jitter of a minute: each is handed over within a second of its moment", () =>
    withPlanning(({ configure, round }) =>
      Effect.gen(function* () {
        const settings: Settings = { every: "hour", jitter: "60 seconds", settle: "0 seconds" }
        yield* configure(
          loaded(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`export-${index}`, settings]))),
        )
        yield* TestClock.setTime(START + HOUR)
        for (let tick = 0; tick <= 122; tick++) {
          yield* round
          yield* TestClock.adjust("500 millis")
        }
        const runs = yield* Runs.list({ limit: 1_000 })
        assert.lengthOf(runs, 500)
        const lags = runs.map(({ dispatchedAt, dueAt }) => (dispatchedAt ?? Infinity) - dueAt)
        assert.isAtMost(Math.max(...lags), 1_000)
        assert.isAtLeast(Math.min(...lags), 0)
        const moments = new Set(runs.map(({ dueAt }) => Math.floor((dueAt - START - HOUR) / 1_000)))
        assert.isAbove(moments.size, 50)
      }),
    ),
  )

  it.effect(`a year of stops, pauses and changed schedules accounts for every hour (seed ${SEED})`, () =>
    withPlanning(({ configure, endsRuns, round }) =>
      Effect.gen(function* () {
        const random = generator(SEED)
        const pick = <A>(...list: readonly [A, ...Array<A>]): A => list[Math.floor(random() * list.length)] ?? list[0]
        let now = START
        while (now < START + 365 * 24 * HOUR) {
          const settings: Settings = {
            ...pick<Settings & object>(
              { every: "hour" },
              { every: "15 minutes" },
              { every: "day", timezone: "Europe/Berlin", offset: "3 hours" },
              { cron: "0 */5 * * *", timezone: "America/Santiago" },
            ),
            overlap: pick("queue", "skip"),
            catchUp: pick("all", "latest"),
            catchUpLimit: pick(3, 1_000),
            concurrency: pick(1, 500),
          }
          yield* configure(loaded({ events: settings }))
          yield* endsRuns(random() < 0.9)
          if (random() < 0.2) yield* Exports.pause("events", "by hand")
          // Half of the time the runner is away, and comes back to what was missed.
          const rounds = pick(0, 1, 20)
          for (let i = 0; i < rounds; i++) {
            yield* TestClock.setTime((now += Math.floor(random() * 3 * HOUR)))
            yield* round
          }
          yield* TestClock.setTime((now += Math.floor(random() * 4 * 24 * HOUR)))
          yield* Exports.resume("events")
          yield* round
        }
        const accounted = yield* Exports.occurrences("events")
        assert.isAbove(accounted.length, 300)
        let reached = START
        for (const { end, outcome, reason, runId, start } of accounted) {
          assert.strictEqual(start, reached, time(start))
          assert.isTrue(outcome === "run" ? runId !== null : reason !== null)
          reached = end
        }
        assert.strictEqual(reached, (yield* Exports.get("events"))?.cursorAt)
        const runs = yield* Runs.list({ limit: 100_000 })
        assert.sameMembers(
          runs.map(({ id }) => id),
          accounted.flatMap(({ runId }) => (runId === null ? [] : [runId])),
        )
      }),
    ),
  )
})
