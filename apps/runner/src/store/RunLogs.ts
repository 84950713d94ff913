/** What happened in each run, line by line, for `batch-exports logs`. Kept as long as the runs are. */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Row } from "./Run.ts"

export type Level = "info" | "warn" | "error"

export interface Line {
  readonly id: number
  readonly runId: string
  readonly export: string
  readonly at: number
  readonly level: Level
  readonly message: string
}

export const append = Effect.fnUntraced(function* (
  run: { readonly id: string; readonly export: string },
  level: Level,
  message: string,
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO run_logs ${sql.insert({
    run_id: run.id,
    export: run.export,
    at: yield* Clock.currentTimeMillis,
    level,
    message,
  })}`
})

export interface Question {
  readonly runId?: string | undefined
  readonly export?: string | undefined
  readonly level?: Level | undefined
  /** Text that the message holds, whatever the case. */
  readonly search?: string | undefined
  /** Only lines after this one. */
  readonly after?: number | undefined
  readonly limit: number
}

const levels: ReadonlyArray<Level> = ["info", "warn", "error"]

/** The newest lines that match, in the order in which they were written. */
export const list = Effect.fnUntraced(function* (question: Question) {
  const sql = yield* SqlClient.SqlClient
  const { level, search } = question
  // The text is searched for as it stands: % and _ are nothing special.
  const pattern = search === undefined ? undefined : `%${search.toLowerCase().replace(/[\\%_]/g, (c) => `\\${c}`)}%`
  const rows = yield* sql<Row>`SELECT * FROM run_logs WHERE ${sql.and([
    sql`1 = 1`,
    ...(question.runId === undefined ? [] : [sql`run_id = ${question.runId}`]),
    ...(question.export === undefined ? [] : [sql`export = ${question.export}`]),
    ...(level === undefined ? [] : [sql.in("level", levels.slice(levels.indexOf(level)))]),
    ...(pattern === undefined ? [] : [sql`LOWER(message) LIKE ${pattern} ESCAPE '\\'`]),
    ...(question.after === undefined ? [] : [sql`id > ${question.after}`]),
  ])} ORDER BY id DESC LIMIT ${question.limit}`
  return rows
    .map((row): Line => ({
      id: Number(row["id"]),
      runId: String(row["run_id"]),
      export: String(row["export"]),
      at: Number(row["at"]),
      level: String(row["level"]) as Level,
      message: String(row["message"]),
    }))
    .toReversed()
})
