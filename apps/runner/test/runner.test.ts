import { assert, layer } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { Snowflake } from "effect/cluster"
import { PrometheusMetrics } from "effect/observability"
import { SqlClient } from "effect/sql"
import { join } from "node:path"
import { vi } from "vitest"
import { Executions } from "../src/runner/Executions.ts"
import * as Runner from "../src/runner/Runner.ts"
import { reconcile } from "../src/runner/dispatch.ts"
import { present } from "../src/runner/presence.ts"
import { forgetOld, trustLedger } from "../src/runner/upkeep.ts"
import type { Notice } from "../src/runner/Webhooks.ts"
import * as Backfills from "../src/store/Backfills.ts"
import * as Exports from "../src/store/Exports.ts"
import * as RunLogs from "../src/store/RunLogs.ts"
import * as Runs from "../src/store/Runs.ts"
import { locked, waitingForLock } from "./support/locked.ts"
import { receiver } from "./support/receiver.ts"
import { configuration, finishedRuns, runsUntil, withRunner } from "./support/runner.ts"
import { World } from "./support/World.ts"

// Nothing here depends on how fast the machine is, but for this.
vi.setConfig({ testTimeout: 300_000 })

const HOUR = 3_600_000

/** Tables, ledger and state for one test alone, and a schedule over the hours that hold events. */
const prepared = (name: string, schedule: object = {}, runner: Readonly<Record<string, unknown>> = {}) =>
  Effect.gen(function* () {
    const world = yield* World
    const names = { table: name, ledgerTable: `${name}_ledger` }
    const changes = {
      destination: names,
      schedule: {
        every: "hour",
        startAt: world.windows[0]?.start.toISOString(),
        endAt: world.windows.at(-1)?.end.toISOString(),
        ...schedule,
      },
      runner,
    }
    const file = world.config(changes)
    return { world, names, changes, folder: join(world.folder, name), settings: configuration(file, world.env) }
  })

const sessions = Effect.flatMap(World, (world) =>
  world.query(`SELECT pid, query FROM pg_stat_activity WHERE usename = 'posthog'`),
)

const sessionsNow = Effect.gen(function* () {
  const world = yield* World
  yield* world.query("SELECT pg_stat_clear_snapshot()")
  const sessions = yield* world.query<{ name: string }>(
    `SELECT application_name AS name FROM pg_stat_activity WHERE usename = 'posthog'`,
  )
  return sessions.map(({ name }) => name)
})

layer(World.layer({ windows: 3, rows: 1_500 }), { timeout: 120_000, excludeTestServices: true })("a runner", (it) => {
  it.effect("exports every window of a schedule once, and remembers how", () =>
    Effect.gen(function* () {
      const { folder, names, settings, world } = yield* prepared("scheduled")
      yield* Effect.gen(function* () {
        const runs = yield* runsUntil("events", finishedRuns(3))
        assert.deepStrictEqual(
          runs.map(({ attempts, origin, state, window }) => ({
            attempts,
            origin,
            state,
            hours: (window.end - window.start) / HOUR,
          })),
          Array.from({ length: 3 }, () => ({
            attempts: 1,
            origin: "schedule" as const,
            state: "completed" as const,
            hours: 1,
          })),
        )
        const [first] = runs
        assert.isDefined(first)
        assert.include(first.leftOut, "person_properties")
        assert.isAbove(first.bytes ?? 0, 0)
        assert.isAbove(first.timings?.transfer ?? 0, 0)
        const lines = yield* RunLogs.list({ runId: first.id, limit: 100 })
        assert.match(lines.map(({ message }) => message).join("\n"), /attempt 1: .*\ncompleted: \d+ rows/)
        assert.lengthOf(yield* RunLogs.list({ search: "COMPLETED: ", limit: 100 }), 3)
        assert.lengthOf(yield* RunLogs.list({ search: "100%", limit: 100 }), 0)
        const accounted = yield* Exports.occurrences("events")
        assert.deepStrictEqual(
          accounted.map(({ runId }) => runId),
          runs.map(({ id }) => id),
        )
        assert.isNull((yield* Exports.get("events"))?.nextDueAt)
      }).pipe(withRunner(settings, folder))
      const comparison = yield* world.compare(world.windows, names.table)
      assert.isTrue(comparison.equal, JSON.stringify(comparison))
    }),
  )

  it.effect("takes a retried window from the ledger, and exports again what the ledger lost", () =>
    Effect.gen(function* () {
      const { changes, folder, names, settings, world } = yield* prepared("retried")
      yield* Effect.gen(function* () {
        const [first, second] = yield* runsUntil("events", finishedRuns(3))
        assert.isTrue(yield* Runs.retry(first?.id ?? ""))
        const again = yield* runsUntil("events", (runs) => runs[0]?.generation === 2 && finishedRuns(3)(runs))
        assert.deepInclude(again[0], { state: "completed", alreadyExported: true })
        // By force it is exported again, although the ledger has it from this very run.
        const before = yield* world.counts(names.table, names.ledgerTable)
        assert.isTrue(yield* Runs.retry(first?.id ?? "", "force", true))
        const forced = yield* runsUntil("events", (runs) => runs[0]?.generation === 3 && finishedRuns(3)(runs))
        assert.deepInclude(forced[0], { state: "completed", alreadyExported: false })
        const after = yield* world.counts(names.table, names.ledgerTable)
        assert.strictEqual(after.table - before.table, forced[0]?.stored?.received)
        // A process that was killed after the commit left it as under way: nothing comes a third time.
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE runs SET state = 'running', finished_at = NULL WHERE id = ${first?.id ?? ""}`
        yield* reconcile(0)
        const found = yield* runsUntil("events", (runs) => runs[0]?.generation === 4 && finishedRuns(3)(runs))
        assert.deepInclude(found[0], { state: "completed", alreadyExported: true, mode: "force" })
        assert.deepStrictEqual(yield* world.counts(names.table, names.ledgerTable), after)
        yield* world.query(
          `DELETE FROM ${world.schema}.${names.table} WHERE ctid IN (SELECT ctid FROM ${world.schema}.${names.table} ORDER BY ctid DESC LIMIT ${after.table - before.table})`,
        )
        // As a restore from a backup would.
        const start = new Date(second?.window.start ?? 0).toISOString()
        yield* world.query(`DELETE FROM ${world.schema}.${names.ledgerTable} WHERE window_start = '${start}'`)
        yield* world.query(`DELETE FROM ${world.schema}.${names.table}`)
        yield* world.query(`DELETE FROM ${world.schema}.${names.ledgerTable}`)
        yield* trustLedger()
        const restored = yield* runsUntil("events", finishedRuns(6))
        assert.lengthOf(
          restored.filter(({ origin, state }) => origin === "coverage" && state === "completed"),
          3,
        )
        // Once is enough.
        yield* trustLedger()
        assert.lengthOf(yield* Runs.list({ limit: 100 }), 6)
        // Another place has a ledger of its own, which does not speak of what went here.
        const elsewhere = { ...changes, destination: { table: "elsewhere", ledgerTable: "elsewhere_ledger" } }
        yield* Runner.replace(configuration(world.config(elsewhere), world.env))
        yield* trustLedger()
        assert.lengthOf(yield* Runs.list({ limit: 100 }), 6)
      }).pipe(withRunner(settings, folder))
      const comparison = yield* world.compare(world.windows, names.table)
      assert.isTrue(comparison.equal, JSON.stringify(comparison))
    }),
  )

  it.effect("lets go of a run that is cancelled, and of what it holds", () =>
    Effect.gen(function* () {
      const { folder, settings, world } = yield* prepared("cancelled")
      yield* Effect.gen(function* () {
        const [run] = yield* locked(
          "cancelled",
          Effect.gen(function* () {
            const [running] = yield* runsUntil("events", (runs) => runs.some(({ state }) => state === "running"))
            yield* waitingForLock
            yield* Runs.requestCancel(running?.id ?? "")
            const runs = yield* runsUntil("events", ([first]) => first?.state === "cancelled")
            // The server itself notices, in the middle of its wait, that nobody is there any more.
            yield* until(Effect.map(sessionsNow, (names) => !names.some((name) => name.includes(running?.id ?? ""))))
            return runs
          }),
        )
        yield* runsUntil("events", finishedRuns(3))
        const rows = yield* world.query(
          `SELECT 1 FROM ${world.schema}.cancelled_ledger WHERE window_start = '${new Date(run?.window.start ?? 0).toISOString()}'`,
        )
        assert.lengthOf(rows, 0)
        assert.isTrue(yield* Runs.retry(run?.id ?? ""))
        yield* runsUntil("events", ([first]) => first?.state === "completed")
      }).pipe(withRunner(settings, folder))
      assert.deepStrictEqual(yield* sessions, [])
    }),
  )

  it.effect("says that a run is completed that was committed before it could be cancelled", () =>
    Effect.gen(function* () {
      const [first] = (yield* World).windows
      const { folder, settings, world } = yield* prepared("late_word", { endAt: first?.end.toISOString() })
      // The runner's own state would wait as well.
      if (world.server.external || process.env["STATE"] === "postgres") return
      // A commit waits for a standby that there is not, as it does when one has just died.
      const waitForStandby = Effect.fnUntraced(function* (standby: string) {
        yield* world.query(`ALTER SYSTEM SET synchronous_standby_names = '${standby}'`)
        yield* world.query("SELECT pg_reload_conf()")
      })
      const committing = world.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE 'batch-exports %'",
      )
      yield* Effect.gen(function* () {
        yield* runsUntil("events", finishedRuns(1))
        const [run] = yield* runsUntil("events", () => true)
        yield* world.query(`DELETE FROM ${world.schema}.late_word_ledger WHERE run = '${run?.id}'`)
        yield* Effect.acquireRelease(waitForStandby("nobody"), () => waitForStandby(""))
        assert.isTrue(yield* Runs.retry(run?.id ?? ""))
        yield* until(Effect.map(committing, (rows) => rows.length > 0))
        // As the runner does when it finds the request.
        yield* (yield* Executions).cancel(run?.id ?? "")
        yield* waitForStandby("")
        const [after] = yield* runsUntil("events", finishedRuns(1))
        assert.deepStrictEqual([after?.state, after?.stored, after?.bytes], ["completed", run?.stored, run?.bytes])
        const said = yield* RunLogs.list({ runId: run?.id ?? "", limit: 100 })
        assert.isTrue(said.some(({ message }) => message.endsWith("before the run could be cancelled")))
      }).pipe(Effect.scoped, withRunner(settings, folder))
    }),
  )

  it.effect("rolls back what is under way when it stops, and begins it again when it starts", () =>
    Effect.gen(function* () {
      const { folder, names, settings, world } = yield* prepared("stopped")
      yield* locked("stopped", waitingForLock.pipe(withRunner(settings, folder)))
      assert.deepStrictEqual(yield* sessions, [])
      assert.deepInclude(yield* world.counts(names.table, names.ledgerTable), { table: 0, ledger: 0 })
      yield* Effect.gen(function* () {
        const runs = yield* runsUntil("events", finishedRuns(3))
        assert.deepStrictEqual(
          runs.map(({ state }) => state),
          ["completed", "completed", "completed"],
        )
        assert.strictEqual(runs[0]?.attempts, 2)
      }).pipe(withRunner(settings, folder))
      const { ledger, table, windows } = yield* world.counts(names.table, names.ledgerTable)
      assert.deepStrictEqual([windows, table], [3, ledger])
    }),
  )

  it.effect("pauses an export that keeps failing, says so, and catches up when it is mended", () =>
    Effect.gen(function* () {
      const heard: Array<Notice> = []
      let asked = 0
      const address = yield* receiver((body) => {
        // It is asked again, where it was to be asked.
        if (asked++ === 0) return 302
        heard.push(body as Notice)
      })
      const { folder, names, settings, world } = yield* prepared(
        "failing",
        {},
        {
          autoPauseAfter: 2,
          webhooks: [{ url: `${address}/token-of-ours` }],
        },
      )
      yield* world.query(`CREATE TABLE ${world.schema}.failing (uuid INTEGER)`)
      yield* world.query(`GRANT INSERT, SELECT, UPDATE ON ${world.schema}.failing TO posthog`)
      yield* Effect.gen(function* () {
        const runs = yield* runsUntil("events", (all) => all.filter(({ state }) => state === "failed").length === 2)
        const error = runs[0]?.error
        assert.deepInclude(error, { side: "destination", reason: "TargetIncompatible", recovery: "stop" })
        yield* until(Effect.map(Exports.get("events"), (state) => state?.pausedAt !== null))
        assert.match((yield* Exports.get("events"))?.pauseReason ?? "", /2 failed runs in a row.*TargetIncompatible/)
        yield* world.query(`DROP TABLE ${world.schema}.failing`)
        for (const run of runs.slice(0, 2)) yield* Runs.retry(run.id)
        yield* Exports.resume("events")
        yield* runsUntil("events", (all) => all.length === 3 && all.every(({ state }) => state === "completed"))
        yield* until(Effect.sync(() => heard.length === 4))
      }).pipe(withRunner(settings, folder))
      assert.deepStrictEqual(heard.map(({ event }) => event).toSorted(), ["failed", "failed", "paused", "recovered"])
      assert.include(heard[0]?.text ?? "", 'export "events"')
      const { ledger, table, windows } = yield* world.counts(names.table, names.ledgerTable)
      assert.deepStrictEqual([windows, table], [3, ledger])
    }).pipe(Effect.scoped),
  )

  it.effect("exports history oldest first, and leaves out what is there", () =>
    Effect.gen(function* () {
      const { folder, names, settings, world } = yield* prepared("history")
      const [first, last] = [world.windows[0], world.windows.at(-1)]
      const range = { start: first?.start.getTime() ?? 0, end: last?.end.getTime() ?? 0 }
      const ask = { export: "events", range, step: "30 minutes", mode: "once", concurrency: 2, windows: 6 } as const
      // The schedule works on the same windows at the same time.
      yield* Effect.gen(function* () {
        const id = yield* Backfills.insert(ask)
        yield* until(Effect.map(Backfills.byPrefix(id), ([backfill]) => backfill?.state === "completed"))
        yield* runsUntil("events", (runs) => runs.every(({ finishedAt }) => finishedAt !== null))
        const made = (yield* Runs.list({ backfillId: id, limit: 100 })).toReversed()
        assert.isTrue(made.every(({ state }) => state === "completed"))
        const second = yield* Backfills.insert(ask)
        yield* until(Effect.map(Backfills.byPrefix(second), ([backfill]) => backfill?.state === "completed"))
        assert.lengthOf(yield* Runs.list({ backfillId: second, limit: 100 }), 0)
        assert.strictEqual((yield* Backfills.counts(id)).failed, 0)
      }).pipe(withRunner(settings, folder))
      const { ledger, table } = yield* world.counts(names.table, names.ledgerTable)
      assert.strictEqual(table, ledger)
      const covered = yield* world.query<{ start: Date; end: Date }>(
        `SELECT window_start AS start, window_end AS end FROM ${world.schema}.${names.ledgerTable} ORDER BY 1`,
      )
      const comparison = yield* world.compare(covered, names.table)
      assert.isTrue(comparison.equal, JSON.stringify(comparison))
      assert.strictEqual(covered[0]?.start.getTime(), range.start)
      for (const [index, { start }] of covered.slice(1).entries()) {
        assert.strictEqual(start.getTime(), covered[index]?.end.getTime())
      }
      assert.strictEqual(covered.at(-1)?.end.getTime(), range.end)
    }),
  )

  it.effect("works by a new configuration without losing what it did by the old one", () =>
    Effect.gen(function* () {
      const { changes, folder, names, settings, world } = yield* prepared("reloaded", { endAt: yield* secondHour })
      yield* Effect.gen(function* () {
        yield* runsUntil("events", finishedRuns(1))
        const longer = {
          ...changes,
          schedule: { ...changes.schedule, every: "30 minutes", endAt: world.windows[2]?.end.toISOString() },
        }
        yield* Runner.replace(configuration(world.config(longer), world.env))
        const runs = yield* runsUntil("events", finishedRuns(5))
        assert.deepStrictEqual(
          runs.map(({ window }) => (window.end - window.start) / HOUR),
          [1, 0.5, 0.5, 0.5, 0.5],
        )
        assert.isTrue(runs.every(({ state }) => state === "completed"))
      }).pipe(withRunner(settings, folder))
      assert.isTrue((yield* world.compare(world.windows.slice(0, 1), names.table)).windows.length === 1)
      const { ledger, table, windows } = yield* world.counts(names.table, names.ledgerTable)
      assert.deepStrictEqual([windows, table], [5, ledger])
    }),
  )

  it.effect("lets a run under way go on as it began when the configuration changes", () =>
    Effect.gen(function* () {
      const until = (yield* World).windows[1]?.end.toISOString()
      const { changes, folder, names, settings, world } = yield* prepared("kept", { endAt: until })
      const others = { table: "kept_other", ledgerTable: "kept_other_ledger" }
      yield* Effect.gen(function* () {
        yield* locked(
          "kept",
          Effect.gen(function* () {
            yield* waitingForLock
            yield* Runner.replace(configuration(world.config({ ...changes, destination: others }), world.env))
          }),
        )
        const runs = yield* runsUntil("events", finishedRuns(2))
        assert.deepStrictEqual(
          runs.map(({ attempts, state }) => [state, attempts]),
          [
            ["completed", 1],
            ["completed", 1],
          ],
        )
      }).pipe(withRunner(settings, folder))
      for (const each of [names, others]) {
        const { ledger, table, windows } = yield* world.counts(each.table, each.ledgerTable)
        assert.deepStrictEqual([windows, table], [1, ledger], each.table)
      }
    }),
  )

  it.effect("forgets what is old, and the engine's messages of what has ended", () =>
    Effect.gen(function* () {
      const { folder, settings } = yield* prepared("forgotten", {}, { keepRuns: "1 millis" })
      yield* Effect.gen(function* () {
        yield* runsUntil("events", (runs) => finishedRuns(3)(runs))
        assert.isAbove(yield* count("cluster_messages"), 0)
        yield* forgetOld(0)
        assert.deepStrictEqual(
          yield* Effect.forEach(["runs", "run_logs", "cluster_messages", "cluster_replies"], count),
          [0, 0, 0, 0],
        )
        assert.isNotNull((yield* Exports.get("events"))?.cursorAt)
      }).pipe(withRunner(settings, folder))
    }),
  )

  it.effect("shows how long runs and the engine's messages have been waiting", () =>
    Effect.gen(function* () {
      const { folder, settings } = yield* prepared("queued", { endAt: yield* secondHour })
      yield* Effect.gen(function* () {
        yield* runsUntil("events", finishedRuns(1))
        const sql = yield* SqlClient.SqlClient
        const now = yield* Clock.currentTimeMillis
        yield* Exports.pause("events", "a test")
        const waiting = { export: "events", destination: "warehouse", origin: "schedule" } as const
        yield* Runs.insert({ ...waiting, window: { start: 0, end: HOUR }, dueAt: now - 2 * HOUR })
        // As one would stand there that no runner reads.
        const id = BigInt(now - HOUR - Snowflake.constEpochMillis) << 22n
        yield* sql`INSERT INTO cluster_messages (id, shard_id, entity_type, entity_id, kind, request_id)
          VALUES (${id}, 'nobody:1', 'Other', 'other', 0, ${id})`
        yield* present
        const figures = yield* PrometheusMetrics.format()
        assert.match(figures, /batch_exports_queue_age_seconds 72\d\d/)
        assert.match(figures, /batch_exports_engine_queue_age_seconds 36\d\d/)
      }).pipe(withRunner(settings, folder))
    }),
  )
})

const secondHour = Effect.map(World, (world) => world.windows[0]?.end.toISOString())

const count = (table: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql(table)}`
    return row?.n ?? -1
  })

const until = <E, R>(holds: Effect.Effect<boolean, E, R>) =>
  Effect.gen(function* () {
    while (!(yield* holds)) yield* Effect.sleep("20 millis")
  })
