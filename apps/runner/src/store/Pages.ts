/** Reading the state a page at a time, and what is added up over many runs: for the API. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { fromRow, type Row, type Run, type State } from "./Run.ts"

/** Where a page of runs ends; the next begins after it. */
export interface RunCursor {
  readonly windowStart: number
  readonly createdAt: number
  readonly id: string
}

export interface RunQuestion {
  readonly export?: string | undefined
  readonly state?: State | undefined
  readonly backfillId?: string | undefined
  readonly after?: RunCursor | undefined
  readonly limit: number
}

/** The newest windows first. */
export const runs = Effect.fnUntraced(function* (question: RunQuestion) {
  const sql = yield* SqlClient.SqlClient
  const { after } = question
  const rows = yield* sql<Row>`SELECT * FROM runs WHERE ${sql.and([
    sql`1 = 1`,
    ...(question.export === undefined ? [] : [sql`export = ${question.export}`]),
    ...(question.state === undefined ? [] : [sql`state = ${question.state}`]),
    ...(question.backfillId === undefined ? [] : [sql`backfill_id = ${question.backfillId}`]),
    ...(after === undefined
      ? []
      : [sql`(window_start, created_at, id) < (${after.windowStart}, ${after.createdAt}, ${after.id})`]),
  ])} ORDER BY window_start DESC, created_at DESC, id DESC LIMIT ${question.limit}`
  return rows.map(fromRow)
})

export interface Totals {
  readonly until: number | null
  readonly waiting: number
  readonly running: number
  readonly failed: number
}

/** Of each export that has runs. */
export const totals = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`SELECT export,
      MAX(CASE WHEN state = 'completed' THEN window_end END) AS until,
      SUM(CASE WHEN state = 'scheduled' THEN 1 ELSE 0 END) AS waiting,
      SUM(CASE WHEN state IN ('starting', 'running') THEN 1 ELSE 0 END) AS running,
      SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failed
    FROM runs GROUP BY export`
  return new Map(
    rows.map((row): readonly [string, Totals] => [
      String(row["export"]),
      {
        until: row["until"] === null ? null : Number(row["until"]),
        waiting: Number(row["waiting"]),
        running: Number(row["running"]),
        failed: Number(row["failed"]),
      },
    ]),
  )
})

/** The run of each export that was heard of last: the one under way, or the one that ended last. */
export const latest = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  if (names.length === 0) return new Map<string, Run>()
  const rows = yield* sql<Row>`SELECT * FROM (
      SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.export ORDER BY COALESCE(r.finished_at, 9000000000000000) DESC, r.window_start DESC) AS place
      FROM runs r WHERE r.started_at IS NOT NULL AND ${sql.in("export", names)}
    ) AS placed WHERE place = 1`
  return new Map(rows.map((row) => [String(row["export"]), fromRow(row)]))
})

export interface Point {
  readonly export: string
  /** Which period since `from`, counted from 0. */
  readonly index: number
  readonly completed: number
  readonly failed: number
  readonly rows: number
  readonly bytes: number
  /** Of completed runs, together. */
  readonly millis: number
}

/** What ended in each period of a length, by export. */
export const points = Effect.fnUntraced(function* (question: {
  readonly exports: ReadonlyArray<string>
  readonly from: number
  readonly to: number
  readonly period: number
}) {
  const sql = yield* SqlClient.SqlClient
  const { exports, from, period, to } = question
  if (exports.length === 0) return []
  const index = sql`(finished_at - CAST(${from} AS BIGINT)) / CAST(${period} AS BIGINT)`
  const rows = yield* sql<Row>`SELECT export, ${index} AS place,
      SUM(CASE WHEN state = 'completed' THEN 1 ELSE 0 END) AS completed,
      SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failed,
      SUM(CASE WHEN state = 'completed' THEN rows_received ELSE 0 END) AS received,
      SUM(CASE WHEN state = 'completed' THEN bytes ELSE 0 END) AS bytes,
      SUM(CASE WHEN state = 'completed' THEN finished_at - started_at ELSE 0 END) AS millis
    FROM runs WHERE finished_at >= ${from} AND finished_at < ${to} AND ${sql.in("export", exports)}
    GROUP BY export, ${index} ORDER BY 2`
  return rows.map((row): Point => ({
    export: String(row["export"]),
    index: Number(row["place"]),
    completed: Number(row["completed"]),
    failed: Number(row["failed"]),
    rows: Number(row["received"] ?? 0),
    bytes: Number(row["bytes"] ?? 0),
    millis: Number(row["millis"] ?? 0),
  }))
})

/** Changes whenever something that the console shows does. Cheap, since it is asked for every second. */
export const fingerprint = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [runs] =
    yield* sql<Row>`SELECT COUNT(*) AS n, MAX(created_at) AS made, MAX(finished_at) AS ended, SUM(generation) AS again,
      SUM(CASE WHEN state IN ('starting', 'running') THEN 1 ELSE 0 END) AS running, SUM(cancel_requested) AS cancelled,
      SUM(CASE WHEN state IN ('starting', 'running') THEN heartbeat_at ELSE 0 END) AS beat, MAX(started_at) AS begun FROM runs`
  const [exports] =
    yield* sql<Row>`SELECT COUNT(*) AS n, MAX(paused_at) AS paused, COUNT(paused_at) AS pauses, SUM(cursor_at) AS cursors,
      MAX(removed_at) AS removed, COUNT(removed_at) AS removals, (SELECT MAX(updated_at) FROM stored_exports) AS updated,
      (SELECT COUNT(*) FROM stored_exports) AS stored FROM exports`
  const [backfills] = yield* sql<Row>`SELECT COUNT(*) AS n, MAX(created_at) AS made, MAX(finished_at) AS ended,
      SUM(CASE WHEN state = 'running' THEN 1 ELSE 0 END) AS running, SUM(cursor_at) AS cursors FROM backfills`
  return { runs: text(runs), exports: text(exports), backfills: text(backfills) }
})

const text = (row: Row | undefined): string => Object.values(row ?? {}).join("|")
