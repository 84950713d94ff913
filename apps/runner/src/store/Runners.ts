/** The runners that share a state, as each of them says of itself every few seconds. */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { known } from "./migrations.ts"
import type { Row } from "./Run.ts"

export interface Runner {
  readonly id: string
  readonly version: string
  /** Where its health, figures and API are; null when it serves none. */
  readonly listen: string | null
  readonly startedAt: number
  readonly heartbeatAt: number
  /** Runs under way in it. */
  readonly running: number
  /** When it last planned; null: it never did. One runner plans for all. */
  readonly plannedAt: number | null
  readonly stopping: boolean
}

/** A heartbeat is two seconds. One that is silent for so long is not counted any more. */
export const SILENT = 20_000

const FORGOTTEN = 3_600_000

const fromRow = (row: Row): Runner => ({
  id: String(row["id"]),
  version: String(row["version"]),
  listen: row["listen"] === null ? null : String(row["listen"]),
  startedAt: Number(row["started_at"]),
  heartbeatAt: Number(row["heartbeat_at"]),
  running: Number(row["running"]),
  plannedAt: row["planned_at"] === null ? null : Number(row["planned_at"]),
  stopping: Number(row["stopping"]) === 1,
})

/** Says that a runner is there. Those that fell silent long ago are forgotten. */
export const beat = Effect.fnUntraced(function* (runner: Omit<Runner, "heartbeatAt">) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const values = {
    version: runner.version,
    schema_version: known,
    listen: runner.listen,
    started_at: runner.startedAt,
    heartbeat_at: now,
    running: runner.running,
    planned_at: runner.plannedAt,
    stopping: runner.stopping ? 1 : 0,
  }
  const there = yield* sql`UPDATE runners SET ${sql.update(values)} WHERE id = ${runner.id} RETURNING id`
  if (there.length > 0) return
  yield* sql`DELETE FROM runners WHERE heartbeat_at < ${now - FORGOTTEN}`
  yield* sql`INSERT INTO runners ${sql.insert({ id: runner.id, ...values })}`
})

export const remove = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM runners WHERE id = ${id}`
})

/** All that are remembered, the oldest first. */
export const list = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql<Row>`SELECT * FROM runners ORDER BY started_at, id`).map(fromRow)
})

export const alive = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  return (yield* list).filter(({ heartbeatAt }) => heartbeatAt > now - SILENT)
})
