/** Backfills as the state database keeps them. */
import type { Run as Contract } from "@batch-exports/core"
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import { fromRow as runFromRow, type Row } from "./Run.ts"
import * as Runs from "./Runs.ts"

/** `running`: makes runs, oldest first. `failed`: one of its runs failed, and no more are made until it is resumed. */
export type State = "running" | "completed" | "failed" | "cancelled"

export interface Backfill {
  readonly id: string
  readonly export: string
  readonly range: { readonly start: number; readonly end: number }
  /** How long its windows are: a `schedule.every`, or `whole`. */
  readonly step: string
  readonly mode: Contract.Mode
  readonly concurrency: number
  readonly state: State
  /** Runs have been made up to here. */
  readonly cursorAt: number
  readonly windows: number
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly message: string | null
}

const orNull = (value: Row[string] | undefined): number | null =>
  value === null || value === undefined ? null : Number(value)

const fromRow = (row: Row): Backfill => ({
  id: String(row["id"]),
  export: String(row["export"]),
  range: { start: Number(row["range_start"]), end: Number(row["range_end"]) },
  step: String(row["step"]),
  mode: String(row["mode"]) as Contract.Mode,
  concurrency: Number(row["concurrency"]),
  state: String(row["state"]) as State,
  cursorAt: Number(row["cursor_at"]),
  windows: Number(row["windows"]),
  createdAt: Number(row["created_at"]),
  startedAt: orNull(row["started_at"]),
  finishedAt: orNull(row["finished_at"]),
  message: row["message"] === null ? null : String(row["message"]),
})

export interface NewBackfill {
  readonly export: string
  readonly range: { readonly start: number; readonly end: number }
  readonly step: string
  readonly mode: Contract.Mode
  readonly concurrency: number
  readonly windows: number
}

export const insert = Effect.fnUntraced(function* (backfill: NewBackfill) {
  const sql = yield* SqlClient.SqlClient
  const id = randomUUID()
  yield* sql`INSERT INTO backfills ${sql.insert({
    id,
    export: backfill.export,
    range_start: backfill.range.start,
    range_end: backfill.range.end,
    step: backfill.step,
    mode: backfill.mode,
    concurrency: backfill.concurrency,
    state: "running",
    cursor_at: backfill.range.start,
    windows: backfill.windows,
    created_at: yield* Clock.currentTimeMillis,
    message: null,
  })}`
  return id
})

export const byPrefix = Effect.fnUntraced(function* (prefix: string) {
  const sql = yield* SqlClient.SqlClient
  if (!/^[0-9a-f-]{4,36}$/.test(prefix)) return []
  return (yield* sql<Row>`SELECT * FROM backfills WHERE id LIKE ${`${prefix}%`} LIMIT 2`).map(fromRow)
})

export const list = Effect.fnUntraced(function* (limit: number) {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql<Row>`SELECT * FROM backfills ORDER BY created_at DESC LIMIT ${limit}`).map(fromRow)
})

export const unfinished = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql<Row>`SELECT * FROM backfills WHERE state = 'running' ORDER BY created_at`).map(fromRow)
})

export interface Counts {
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly unfinished: number
  readonly rows: number
  readonly bytes: number
}

export const counts = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Row>`SELECT
      SUM(CASE WHEN state = 'completed' THEN 1 ELSE 0 END) AS completed,
      SUM(CASE WHEN state IN ('failed', 'skipped') THEN 1 ELSE 0 END) AS failed,
      SUM(CASE WHEN state = 'cancelled' THEN 1 ELSE 0 END) AS cancelled,
      SUM(CASE WHEN state IN ('scheduled', 'starting', 'running') THEN 1 ELSE 0 END) AS unfinished,
      SUM(rows_received) AS received,
      SUM(CASE WHEN state = 'running' THEN progress_bytes ELSE COALESCE(bytes, 0) END) AS bytes
    FROM runs WHERE backfill_id = ${id}`
  const of = (key: string) => Number(row?.[key] ?? 0)
  return {
    completed: of("completed"),
    failed: of("failed"),
    cancelled: of("cancelled"),
    unfinished: of("unfinished"),
    rows: of("received"),
    bytes: of("bytes"),
  } satisfies Counts
})

/** Its latest completed runs. */
export const latest = Effect.fnUntraced(function* (id: string, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`SELECT * FROM runs WHERE backfill_id = ${id} AND state = 'completed'
    ORDER BY finished_at DESC LIMIT ${limit}`
  return rows.map(runFromRow)
})

/** Makes the runs of the next windows, and remembers how far that reaches. */
export const advance = Effect.fnUntraced(function* (
  backfill: Backfill,
  next: {
    readonly destination: string
    readonly windows: ReadonlyArray<{ readonly start: number; readonly end: number }>
    readonly cursor: number
  },
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* Effect.gen(function* () {
    const moved = yield* sql<Row>`UPDATE backfills
      SET cursor_at = ${next.cursor}, started_at = COALESCE(started_at, ${now})
      WHERE id = ${backfill.id} AND state = 'running' AND cursor_at = ${backfill.cursorAt} RETURNING id`
    if (moved.length === 0) return
    for (const window of next.windows) {
      yield* Runs.insert({
        export: backfill.export,
        destination: next.destination,
        origin: "backfill",
        backfillId: backfill.id,
        mode: backfill.mode,
        window,
        dueAt: now,
      })
    }
  }).pipe(sql.withTransaction)
})

export const finish = Effect.fnUntraced(function* (id: string, state: State, message: string | null = null) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql<Row>`UPDATE backfills SET state = ${state}, message = ${message}, finished_at = ${now}
    WHERE id = ${id} AND state = 'running' RETURNING id`
  return rows.length > 0
})

/** Ends it, and its runs that wait; those under way end when the runner sees it. Answers their number; undefined: it had ended. */
export const cancel = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.gen(function* () {
    const ended = yield* finish(id, "cancelled")
    const rows = yield* sql<Row>`SELECT id FROM runs
      WHERE backfill_id = ${id} AND state IN ('scheduled', 'starting', 'running')`
    let underWay = 0
    for (const row of rows) if (!(yield* Runs.requestCancel(String(row["id"])))) underWay += 1
    return ended ? underWay : undefined
  }).pipe(sql.withTransaction)
})

/** Goes on where it ended; the runs that did not succeed wait again. False when it is running or complete. */
export const resume = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.gen(function* () {
    const moved = yield* sql<Row>`UPDATE backfills SET state = 'running', message = NULL, finished_at = NULL
      WHERE id = ${id} AND state IN ('failed', 'cancelled') RETURNING id`
    if (moved.length === 0) return false
    const rows = yield* sql<Row>`SELECT id FROM runs
      WHERE backfill_id = ${id} AND state IN ('failed', 'cancelled', 'skipped')`
    for (const row of rows) yield* Runs.retry(String(row["id"]))
    return true
  }).pipe(sql.withTransaction)
})
