/** The state's statements mean the same in SQLite, in Postgres, and behind a pooler in transaction mode. */
import { NodeServices } from "@effect/platform-node"
import { hasPgBouncer, PostgresServer } from "@batch-exports/dev-services"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Backfills from "../src/store/Backfills.ts"
import { exclusively } from "../src/store/exclusively.ts"
import * as Exports from "../src/store/Exports.ts"
import * as Pages from "../src/store/Pages.ts"
import * as Place from "../src/store/Place.ts"
import * as RunLogs from "../src/store/RunLogs.ts"
import * as Runners from "../src/store/Runners.ts"
import * as Runs from "../src/store/Runs.ts"
import * as State from "../src/store/State.ts"
import * as StoredExports from "../src/store/StoredExports.ts"
import { pooledPlace, postgresPlace } from "./support/runner.ts"

const HOUR = 3_600_000

const folder = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-exports-store-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
  ),
  (path) => Place.folder(join(path, "state")),
)

const direct = Effect.map(PostgresServer, (server) => postgresPlace(server, "store_direct"))

const pooled = Effect.flatMap(PostgresServer, (server) => pooledPlace(server, "store_pooled"))

/** An export that is created, changed, deleted and created anew, while something of it waits and something is under way. */
const defined = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const written = (name: string) => ({ name, definition: { model: {} }, secrets: [] })
  const configured = [
    { name: "d", schedule: "every hour", origin: HOUR },
    { name: "e", schedule: "every hour", origin: HOUR },
  ]
  const made = [yield* StoredExports.create(written("d"), HOUR), yield* StoredExports.create(written("d"), HOUR)]
  yield* StoredExports.create(written("e"), HOUR)
  // By two runners at once, to which they are new.
  yield* Effect.all([Exports.sync(configured), Exports.sync(configured)], { concurrency: 2 })

  // Made by a clock that goes before: a change of the other one must be seen all the same.
  yield* sql`UPDATE stored_exports SET updated_at = updated_at + 3600000 WHERE name = 'e'`
  const before = yield* StoredExports.version
  yield* StoredExports.update(written("d"), (yield* StoredExports.get("d"))?.updatedAt ?? 0)
  const changed = (yield* StoredExports.version) !== before

  const run = {
    export: "d",
    destination: "there",
    origin: "schedule",
    window: { start: 0, end: HOUR },
    dueAt: 0,
  } as const
  const [underWay, waiting] = [yield* Runs.insert(run), yield* Runs.insert(run)]
  yield* Runs.dispatch(underWay)
  const taken = yield* Runs.take({ id: underWay, generation: 1 }, "one")
  if (taken === undefined) throw new Error("it was dispatched")
  const range = { start: 0, end: HOUR }
  yield* Backfills.insert({ export: "d", range, step: "hour", mode: "once", concurrency: 1, windows: 1 })
  const removed = [yield* StoredExports.remove("d"), yield* StoredExports.remove("d")]
  const left = [
    (yield* Runs.get(waiting))?.state,
    (yield* Runs.get(underWay))?.cancelRequested,
    (yield* Backfills.unfinished).filter((backfill) => backfill.export === "d").length,
    (yield* Exports.get("d"))?.removedAt !== null,
  ]
  const plan = { export: "d", destination: "there", runs: [], skipped: [], from: HOUR, cursor: 2 * HOUR, nextDue: null }
  const planned = yield* Exports.account(plan)
  const early = [yield* StoredExports.create(written("d"), 5 * HOUR), yield* StoredExports.get("d")]
  yield* Runs.cancelled(taken)
  const anew = yield* StoredExports.create(written("d"), 5 * HOUR)
  const again = yield* Exports.get("d")
  return { made, changed, removed, left, planned, early, anew, begins: [again?.cursorAt, again?.removedAt] }
})

/** What each module answers, put down so that it can be compared. */
const everything = Effect.gen(function* () {
  const said: Record<string, unknown> = {}
  yield* Exports.sync([
    { name: "a", schedule: "every hour", origin: 0 },
    { name: "b", schedule: null, origin: null },
  ])
  yield* Exports.sync([{ name: "a", schedule: "every hour", origin: 5 }])
  said["exports"] = (yield* Exports.all).map(({ cursorAt, name, removedAt }) => [name, cursorAt, removedAt !== null])
  said["due"] = (yield* Exports.due(1)).map(({ name }) => name)
  const plan = {
    export: "a",
    destination: "there",
    runs: [0, 1, 2].map((hour) => ({ start: hour * HOUR, end: (hour + 1) * HOUR, dueAt: hour })),
    skipped: [{ start: 3 * HOUR, end: 4 * HOUR, occurrences: 1, reason: "overlap" as const }],
    from: 0,
    cursor: 4 * HOUR,
    nextDue: null,
  }
  said["accounted"] = [yield* Exports.account(plan), yield* Exports.account(plan)]
  said["occurrences"] = (yield* Exports.occurrences("a")).map(({ outcome, reason, start }) => [start, outcome, reason])
  said["paused"] = [yield* Exports.pause("a", "why"), yield* Exports.pause("a", "again"), yield* Exports.resume("a")]
  yield* Exports.failing("a")
  said["works"] = [yield* Exports.works("a"), yield* Exports.works("a")]

  const waiting = yield* Runs.waiting(10, 2)
  said["waiting"] = waiting.map(({ window }) => window.start)
  const [first, second] = waiting
  if (first === undefined || second === undefined) throw new Error("two runs wait")
  said["dispatched"] = [yield* Runs.dispatch(first.id), yield* Runs.dispatch(first.id)]
  said["occupied"] = yield* Runs.occupied
  const taken = yield* Runs.take(first, "one")
  const mine = yield* Runs.take(first, "two")
  if (taken === undefined || mine === undefined) throw new Error("it was dispatched")
  said["runner"] = [taken.claim, taken.runner, mine.claim, mine.runner]
  // Whoever lost a run says nothing about it any more.
  const lost = [yield* Runs.attemptStarted(taken), yield* Runs.heartbeat(taken, 1), yield* Runs.cancelled(taken)]
  said["lost"] = lost
  said["started"] = [yield* Runs.attemptStarted(mine), yield* Runs.heartbeat(mine, 2 ** 40)]
  said["progress"] = (yield* Runs.get(first.id))?.progressBytes
  said["cancelled"] = [yield* Runs.requestCancel(second.id), yield* Runs.requestCancel(first.id)]
  said["requests"] = (yield* Runs.cancelRequests).length
  const failure = { side: "runner", reason: "Unknown", recovery: "stop", code: null, message: "'", remedy: "" } as const
  said["failed"] = [yield* Runs.failed(mine, failure), yield* Runs.failed(mine, failure)]
  said["inARow"] = yield* Runs.failuresInARow("a", 3)
  said["retried"] = [
    yield* Runs.retry(first.id),
    yield* Runs.retry(first.id),
    yield* Runs.retry(second.id, "force", true),
  ]
  said["prefix"] = (yield* Runs.byPrefix(first.id.slice(0, 8))).map(({ error, generation, mode }) => [
    error,
    generation,
    mode,
  ])
  said["listed"] = (yield* Runs.list({ export: "a", states: ["scheduled"], limit: 5 })).map(({ wish, window }) => [
    wish,
    window.start,
  ])
  said["silent"] = (yield* Runs.silentSince(Date.now())).length

  yield* RunLogs.append(first, "info", "100 % of _it_")
  yield* RunLogs.append(first, "error", "nothing")
  said["logs"] = (yield* RunLogs.list({ search: "% OF _", limit: 5 })).map(({ message }) => message)
  said["errors"] = (yield* RunLogs.list({ level: "warn", runId: first.id, limit: 5 })).map(({ message }) => message)

  const range = { start: 0, end: 10 * HOUR }
  const id = yield* Backfills.insert({ export: "a", range, step: "hour", mode: "once", concurrency: 1, windows: 10 })
  const [backfill] = yield* Backfills.unfinished
  if (backfill === undefined) throw new Error("a backfill is unfinished")
  yield* Backfills.advance(backfill, { destination: "there", windows: [{ start: 0, end: HOUR }], cursor: HOUR })
  yield* Backfills.advance(backfill, { destination: "there", windows: [{ start: 0, end: HOUR }], cursor: HOUR })
  said["counts"] = yield* Backfills.counts(id)
  said["ended"] = [yield* Backfills.cancel(id), yield* Backfills.cancel(id), yield* Backfills.resume(id)]
  said["backfills"] = (yield* Backfills.list(5)).map(({ cursorAt, state }) => [cursorAt, state])

  said["totals"] = [...(yield* Pages.totals(["a", "b"]))]
  said["latest"] = [...(yield* Pages.latest(["a", "b"]))].map(([name, run]) => [name, run.state, run.window.start])
  const tomorrow = Date.now() + 24 * HOUR
  said["points"] = (yield* Pages.points({ exports: ["a"], from: 0, to: tomorrow, period: tomorrow })).map(
    ({ completed, failed, index }) => [completed, failed, index],
  )
  said["print"] = Object.keys(yield* Pages.fingerprint)
  yield* Exports.restart("b", 7)
  said["restarted"] = (yield* Exports.get("b"))?.removedAt
  said["page"] = (yield* Pages.runs({ limit: 2 })).map(({ window }) => window.start)
  const stored = { name: "c", definition: { model: {} }, secrets: [] }
  said["stored"] = [yield* StoredExports.insert(stored), yield* StoredExports.insert(stored)]
  const updatedAt = (yield* StoredExports.get("c"))?.updatedAt ?? 0
  said["updated"] = [yield* StoredExports.update(stored, updatedAt), yield* StoredExports.update(stored, updatedAt)]
  said["removed"] = yield* StoredExports.remove("c")
  said["defined"] = yield* defined

  const me = { id: "me", version: "1", listen: null, startedAt: 1, running: 0, plannedAt: null, stopping: false }
  yield* Runners.beat(me)
  yield* Runners.beat({ ...me, running: 2, plannedAt: 7 })
  said["runners"] = (yield* Runners.alive).map(({ plannedAt, running, startedAt }) => [plannedAt, running, startedAt])

  // A failed statement within a transaction takes back the whole of it, and leaves the connection usable.
  const sql = yield* SqlClient.SqlClient
  const broken = sql.withTransaction(
    Effect.andThen(Exports.pause("a", "never"), sql`INSERT INTO exports (name, created_at) VALUES ('a', 1)`),
  )
  said["conflict"] = /^(UniqueViolation|ConstraintError)$/.test((yield* Effect.flip(broken)).reason._tag)
  said["taken back"] = (yield* Exports.get("a"))?.pausedAt
  // Statements at once, more than there are connections.
  const many = Effect.forEach(Array.from({ length: 50 }), () => Exports.get("a"), { concurrency: "unbounded" })
  said["at once"] = (yield* many).length
  // A counter that is read and written in two steps, by ten at a time.
  yield* sql`UPDATE exports SET failing_since = 0 WHERE name = 'a'`
  const add = Effect.gen(function* () {
    const [row] = yield* sql<{ n: number }>`SELECT failing_since AS n FROM exports WHERE name = 'a'`
    yield* sql`UPDATE exports SET failing_since = ${Number(row?.n) + 1} WHERE name = 'a'`
  }).pipe(exclusively("a test"))
  yield* Effect.forEach(Array.from({ length: 10 }), () => add, { concurrency: 5 })
  said["one by one"] = (yield* sql<{ n: number }>`SELECT failing_since AS n FROM exports WHERE name = 'a'`)[0]?.n
  return said
})

it.live("the same in SQLite, in Postgres and through PgBouncer", () =>
  Effect.gen(function* () {
    const expected = yield* Effect.provide(everything, State.owned(yield* folder))
    assert.strictEqual(expected["one by one"], 10)
    assert.deepStrictEqual(expected["lost"], [false, false, false])
    assert.deepStrictEqual(expected["defined"], {
      made: ["created", "taken"],
      changed: true,
      removed: [true, false],
      left: ["cancelled", true, 0, true],
      planned: false,
      early: ["under way", undefined],
      anew: "created",
      begins: [5 * HOUR, null],
    })
    assert.deepStrictEqual(yield* Effect.provide(everything, State.owned(yield* direct)), expected)
    if (hasPgBouncer()) {
      assert.deepStrictEqual(yield* Effect.provide(everything, State.owned(yield* pooled)), expected)
    }
  }).pipe(Effect.scoped, Effect.provide(Layer.merge(PostgresServer.layer, NodeServices.layer))),
)
