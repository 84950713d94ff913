/** Reading and writing runs. Every change of state names the states that it may start from, so that a runner that lost a run cannot overwrite it. */
import type { ExportWindow, Run as Contract } from "@batch-exports/core"
import { Clock, Effect } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { randomUUID } from "node:crypto"
import { type Failure, fromRow, type Origin, type Row, type Run, type State } from "./Run.ts"

type Answer<A> = Effect.Effect<A, SqlError.SqlError, SqlClient.SqlClient>

export interface NewRun {
  readonly export: string
  readonly destination: string
  readonly origin: Origin
  readonly backfillId?: string
  readonly mode?: Contract.Mode
  readonly window: { readonly start: number; readonly end: number }
  readonly dueAt: number
}

/** Adds a run that waits for its time; answers its id. */
export const insert = Effect.fnUntraced(function* (run: NewRun) {
  const sql = yield* SqlClient.SqlClient
  const id = randomUUID()
  yield* sql`INSERT INTO runs ${sql.insert({
    id,
    export: run.export,
    destination: run.destination,
    origin: run.origin,
    backfill_id: run.backfillId ?? null,
    mode: run.mode ?? "once",
    window_start: run.window.start,
    window_end: run.window.end,
    state: "scheduled",
    generation: 1,
    attempts: 0,
    due_at: run.dueAt,
    created_at: yield* Clock.currentTimeMillis,
  })}`
  return id
})

export const get = (id: string): Answer<Run | undefined> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<Row>`SELECT * FROM runs WHERE id = ${id}`
    return row === undefined ? undefined : fromRow(row)
  })

/** People copy the first characters of an id. */
export const byPrefix = (prefix: string): Answer<ReadonlyArray<Run>> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // No wildcards: an id holds only hexadecimal digits and dashes.
    if (!/^[0-9a-f-]{4,36}$/.test(prefix)) return []
    const rows = yield* sql<Row>`SELECT * FROM runs WHERE id LIKE ${`${prefix}%`} LIMIT 2`
    return rows.map(fromRow)
  })

export interface Question {
  readonly export?: string | undefined
  readonly states?: ReadonlyArray<State> | undefined
  readonly backfillId?: string | undefined
  readonly limit: number
}

/** The newest first. */
export const list = (question: Question): Answer<ReadonlyArray<Run>> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const conditions = [
      ...(question.export === undefined ? [] : [sql`export = ${question.export}`]),
      ...(question.states === undefined ? [] : [sql.in("state", [...question.states])]),
      ...(question.backfillId === undefined ? [] : [sql`backfill_id = ${question.backfillId}`]),
    ]
    const where = conditions.length === 0 ? sql`1 = 1` : sql.and(conditions)
    const rows =
      yield* sql<Row>`SELECT * FROM runs WHERE ${where} ORDER BY window_start DESC, created_at DESC LIMIT ${question.limit}`
    return rows.map(fromRow)
  })

/** Runs whose time has come, a few of each export, so that one that catches up does not hide the others. */
export const waiting = (now: number, ofEach: number): Answer<ReadonlyArray<Run>> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<Row>`SELECT * FROM (
        SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.export, r.origin ORDER BY r.due_at, r.window_start) AS place
        FROM runs r WHERE r.state = 'scheduled' AND r.due_at <= ${now}
      ) AS placed WHERE place <= ${ofEach} ORDER BY due_at, window_start`
    return rows.map(fromRow)
  })

export interface Occupied {
  readonly export: string
  readonly destination: string
  readonly origin: Origin
  readonly backfillId: string | null
  readonly runs: number
}

/** Runs that hold a place: handed to the engine and not finished. */
export const occupied: Answer<ReadonlyArray<Occupied>> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`SELECT export, destination, origin, backfill_id, COUNT(*) AS runs FROM runs
    WHERE state IN ('starting', 'running') GROUP BY export, destination, origin, backfill_id`
  return rows.map((row) => ({
    export: String(row["export"]),
    destination: String(row["destination"]),
    origin: String(row["origin"]) as Origin,
    backfillId: row["backfill_id"] === null ? null : String(row["backfill_id"]),
    runs: Number(row["runs"]),
  }))
})

/** Runs of an export's schedule that are waiting or under way. */
export const unfinished = (exportName: string): Answer<number> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<Row>`SELECT COUNT(*) AS n FROM runs
      WHERE export = ${exportName} AND origin NOT IN ('backfill', 'repair') AND state IN ('scheduled', 'starting', 'running')`
    return Number(row?.["n"] ?? 0)
  })

/** Hands a waiting run to the engine; false when somebody else has, or it was cancelled. */
export const dispatch = (id: string): Answer<boolean> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    const rows = yield* sql<Row>`UPDATE runs SET state = 'starting', dispatched_at = ${now}, heartbeat_at = ${now}
      WHERE id = ${id} AND state = 'scheduled' RETURNING id`
    return rows.length > 0
  })

/** The runs that the engine was given and that nobody has been heard of since `before`. */
export const silentSince = (before: number): Answer<ReadonlyArray<Run>> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows =
      yield* sql<Row>`SELECT * FROM runs WHERE state IN ('starting', 'running') AND heartbeat_at <= ${before}`
    return rows.map(fromRow)
  })

type Key = Pick<Run, "id" | "generation">

/** A run in the hands of whoever took it last. */
type Claimed = Pick<Run, "id" | "generation" | "claim">

/**
 * Takes a run in hand, also from a runner that may not know yet that it lost it: from now on, nothing that the other one writes
 * finds the run. Undefined when there is nothing to do: an engine may deliver twice.
 */
export const take = ({ generation, id }: Key, runner: string): Answer<Run | undefined> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    const [row] = yield* sql<Row>`UPDATE runs SET claim = claim + 1, runner = ${runner}, heartbeat_at = ${now}
      WHERE id = ${id} AND generation = ${generation} AND state IN ('starting', 'running') RETURNING *`
    return row === undefined ? undefined : fromRow(row)
  })

/** False when the run is not this execution's any more. */
export const attemptStarted = ({ claim, generation, id }: Claimed): Answer<boolean> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    const rows = yield* sql<Row>`UPDATE runs SET state = 'running', attempts = attempts + 1, progress_bytes = 0,
        started_at = COALESCE(started_at, ${now}), heartbeat_at = ${now}
      WHERE id = ${id} AND generation = ${generation} AND claim = ${claim} AND state IN ('starting', 'running') RETURNING id`
    return rows.length > 0
  })

/** False when somebody else has the run. */
export const heartbeat = ({ claim, generation, id }: Claimed, bytes: number): Answer<boolean> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    const rows = yield* sql<Row>`UPDATE runs SET heartbeat_at = ${now}, progress_bytes = ${bytes}
      WHERE id = ${id} AND generation = ${generation} AND claim = ${claim} AND state IN ('starting', 'running') RETURNING id`
    return rows.length > 0
  })

export const completed = (run: Claimed, outcome: ExportWindow.Outcome, place?: string): Answer<boolean> => {
  const exported = outcome._tag === "Exported" ? outcome : undefined
  return finish(run, {
    state: "completed",
    error: null,
    went_to: place ?? null,
    already_exported: exported === undefined ? 1 : 0,
    rows_received: exported?.stored.received ?? 0,
    rows_inserted: exported?.stored.inserted ?? 0,
    rows_updated: exported?.stored.updated ?? 0,
    rows_unchanged: exported?.stored.unchanged ?? 0,
    bytes: exported?.bytes ?? 0,
    progress_bytes: exported?.bytes ?? 0,
    encoding: exported?.encoding ?? null,
    adjusted: JSON.stringify(exported?.sent.adjusted ?? {}),
    left_out: JSON.stringify(exported?.leftOut ?? []),
    timings: exported === undefined ? null : JSON.stringify(exported.timings),
    notices: JSON.stringify(outcome.notices),
  })
}

/** Of a run whose answer was not heard, and that the ledger holds. */
export const foundCommitted = (
  run: Claimed,
  found: { rows: number; bytes: number },
  place?: string,
): Answer<boolean> => {
  const { bytes, rows } = found
  const counts = { rows_received: rows, rows_inserted: rows, bytes, progress_bytes: bytes }
  return finish(run, { state: "completed", error: null, went_to: place ?? null, already_exported: 0, ...counts })
}

export const failed = (run: Claimed, error: Failure): Answer<boolean> =>
  finish(run, { state: "failed", error: JSON.stringify(error) })

export const cancelled = (run: Claimed): Answer<boolean> => finish(run, { state: "cancelled" })

export const skipped = (run: Claimed, error: Failure): Answer<boolean> =>
  finish(run, { state: "skipped", error: JSON.stringify(error) })

const finish = ({ claim, generation, id }: Claimed, changes: Record<string, unknown>): Answer<boolean> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    const rows = yield* sql<Row>`UPDATE runs SET ${sql.update({ ...changes, cancel_requested: 0, finished_at: now })}
      WHERE id = ${id} AND generation = ${generation} AND claim = ${claim} AND state IN ('scheduled', 'starting', 'running') RETURNING id`
    return rows.length > 0
  })

/** Asks for the end of a run. One that waits is cancelled at once: true. For the others the runner sees the request. */
export const requestCancel = (id: string): Answer<boolean> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    const waiting = yield* sql<Row>`UPDATE runs SET state = 'cancelled', finished_at = ${now}
      WHERE id = ${id} AND state = 'scheduled' RETURNING id`
    yield* sql`UPDATE runs SET cancel_requested = 1 WHERE id = ${id} AND state IN ('starting', 'running')`
    return waiting.length > 0
  })

export const cancelRequests: Answer<ReadonlyArray<Key>> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`SELECT id, generation FROM runs
    WHERE cancel_requested = 1 AND state IN ('starting', 'running')`
  return rows.map((row) => ({ id: String(row["id"]), generation: Number(row["generation"]) }))
})

/**
 * Makes a finished run wait again, as a new execution; false when it is not finished. Without `mode`, one that did not succeed
 * still does what it was made for, and of one that did nothing is forced again. `anew`: a person wants the window again, even
 * if this very run exported it.
 */
export const retry = (id: string, mode?: Contract.Mode, anew = false): Answer<boolean> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    const rows = yield* sql<Row>`UPDATE runs SET ${sql.update({
      state: "scheduled",
      attempts: 0,
      due_at: now,
      dispatched_at: null,
      started_at: null,
      finished_at: null,
      heartbeat_at: null,
      progress_bytes: 0,
      cancel_requested: 0,
      already_exported: 0,
      error: null,
    })}, mode = ${mode === undefined ? sql`CASE WHEN state = 'completed' THEN 'once' ELSE mode END` : sql`${mode}`}, wish = ${anew ? sql`generation + 1` : sql`wish`}, generation = generation + 1
      WHERE id = ${id} AND state IN ('completed', 'failed', 'cancelled', 'skipped') RETURNING id`
    return rows.length > 0
  })

/** How many runs of an export's schedule failed one after another, the newest among them. */
export const failuresInARow = (exportName: string, upTo: number): Answer<number> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<Row>`SELECT state FROM runs
      WHERE export = ${exportName} AND origin = 'schedule' AND state IN ('completed', 'failed')
      ORDER BY finished_at DESC LIMIT ${upTo}`
    const firstOther = rows.findIndex((row) => row["state"] !== "failed")
    return firstOther === -1 ? rows.length : firstOther
  })

/** Gives a run back that this runner cannot carry out, for another one to do soon. */
export const giveBack = ({ claim, generation, id }: Claimed, dueAt: number): Answer<void> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`UPDATE runs SET state = 'scheduled', generation = generation + 1, due_at = ${dueAt}
      WHERE id = ${id} AND generation = ${generation} AND claim = ${claim} AND state IN ('starting', 'running')`
  })

/** A run whose execution ended without a word: it waits anew, as another execution. */
export const again = ({ generation, id }: Key): Answer<void> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`UPDATE runs SET state = 'scheduled', generation = generation + 1
      WHERE id = ${id} AND generation = ${generation} AND state IN ('starting', 'running')`
  })
