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

/** Of those exports that have runs. */
export const totals = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  if (names.length === 0) return new Map<string, Totals>()
  const rows = yield* sql<Row>`SELECT export, state, COUNT(*) AS n, MAX(window_end) AS until FROM runs
    WHERE ${sql.in("export", names)} GROUP BY export, state ORDER BY export`
  const found = new Map<string, Totals>()
  for (const row of rows) {
    const name = String(row["export"])
    const [state, n] = [String(row["state"]), Number(row["n"])]
    const before = found.get(name) ?? { until: null, waiting: 0, running: 0, failed: 0 }
    found.set(name, {
      until: state === "completed" ? Number(row["until"]) : before.until,
      waiting: before.waiting + (state === "scheduled" ? n : 0),
      running: before.running + (state === "starting" || state === "running" ? n : 0),
      failed: before.failed + (state === "failed" ? n : 0),
    })
  }
  return found
})

/** The run of each export that was heard of last: the one under way, or the one that ended last. */
export const latest = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  if (names.length === 0) return new Map<string, Run>()
  // One look into an index for each export, however many runs it has.
  const ended = yield* sql<Row>`SELECT * FROM runs WHERE id IN (
      SELECT (SELECT r.id FROM runs r WHERE r.export = e.name AND r.finished_at IS NOT NULL ORDER BY r.finished_at DESC LIMIT 1)
      FROM exports e WHERE ${sql.in("name", names)})`
  const underWay = yield* sql<Row>`SELECT * FROM runs
    WHERE state IN ('starting', 'running') AND started_at IS NOT NULL AND ${sql.in("export", names)} ORDER BY window_start`
  return new Map([...ended, ...underWay].map((row) => [String(row["export"]), fromRow(row)]))
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
  const rows = yield* sql<Row>`SELECT export, place,
      SUM(CASE WHEN state = 'completed' THEN 1 ELSE 0 END) AS completed,
      SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failed,
      SUM(CASE WHEN state = 'completed' THEN rows_received ELSE 0 END) AS received,
      SUM(CASE WHEN state = 'completed' THEN bytes ELSE 0 END) AS bytes,
      SUM(CASE WHEN state = 'completed' THEN finished_at - started_at ELSE 0 END) AS millis
    FROM (
      SELECT r.*, (finished_at - CAST(${from} AS BIGINT)) / CAST(${period} AS BIGINT) AS place FROM runs r
      WHERE finished_at >= ${from} AND finished_at < ${to} AND ${sql.in("export", exports)}
    ) AS placed GROUP BY export, place ORDER BY place`
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

/** Changes whenever something that the console shows does. Asked for every second, so it walks no finished runs. */
export const fingerprint = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [ended] = yield* sql<Row>`SELECT MAX(finished_at) AS ended FROM runs`
  const [unfinished] = yield* sql<Row>`SELECT COUNT(*) AS n, SUM(heartbeat_at) AS beat, SUM(attempts) AS attempts,
      SUM(CASE WHEN state = 'scheduled' THEN 0 ELSE 1 END) AS begun, SUM(cancel_requested) AS cancelled, SUM(generation) AS again
    FROM runs WHERE state IN ('scheduled', 'starting', 'running')`
  const [exports] =
    yield* sql<Row>`SELECT COUNT(*) AS n, MAX(paused_at) AS paused, COUNT(paused_at) AS pauses, SUM(cursor_at) AS cursors,
      MAX(removed_at) AS removed, COUNT(removed_at) AS removals, (SELECT MAX(updated_at) FROM stored_exports) AS updated,
      (SELECT COUNT(*) FROM stored_exports) AS stored FROM exports`
  const [backfills] = yield* sql<Row>`SELECT COUNT(*) AS n, MAX(created_at) AS made, MAX(finished_at) AS ended,
      SUM(CASE WHEN state = 'running' THEN 1 ELSE 0 END) AS running, SUM(cursor_at) AS cursors FROM backfills`
  return { runs: `${text(ended)} ${text(unfinished)}`, exports: text(exports), backfills: text(backfills) }
})

const text = (row: Row | undefined): string => Object.values(row ?? {}).join("|")
