/**
 * Exports that were defined over the API, beside those of the configuration file. Their secrets are kept apart from the rest, and
 * sealed: see Secrets.ts.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Path } from "../config/document.ts"
import * as Backfills from "./Backfills.ts"
import { exclusively } from "./exclusively.ts"
import * as Exports from "./Exports.ts"
import type { Row } from "./Run.ts"
import * as Runs from "./Runs.ts"

export interface Sealed {
  readonly path: Path
  readonly sealed: string
}

export interface StoredExport {
  readonly name: string
  /** As in the configuration file under `exports`, without secrets. */
  readonly definition: unknown
  readonly secrets: ReadonlyArray<Sealed>
  readonly createdAt: number
  readonly updatedAt: number
}

const fromRow = (row: Row): StoredExport => ({
  name: String(row["name"]),
  definition: JSON.parse(String(row["definition"])) as unknown,
  secrets: JSON.parse(String(row["secrets"])) as ReadonlyArray<Sealed>,
  createdAt: Number(row["created_at"]),
  updatedAt: Number(row["updated_at"]),
})

export const all = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql<Row>`SELECT * FROM stored_exports ORDER BY name`).map(fromRow)
})

export const get = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Row>`SELECT * FROM stored_exports WHERE name = ${name}`
  return row === undefined ? undefined : fromRow(row)
})

/**
 * Changes whenever one of them does. Each by its own time: that of the newest would hide a change that was made by a clock behind
 * it, and their number an export that replaced another.
 */
export const version = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`SELECT name, created_at, updated_at FROM stored_exports ORDER BY name`
  return JSON.stringify(rows.map((row) => [row["name"], Number(row["created_at"]), Number(row["updated_at"])]))
})

type Written = Pick<StoredExport, "name" | "definition" | "secrets">

const columns = ({ definition, secrets }: Written) => ({
  definition: JSON.stringify(definition),
  secrets: JSON.stringify(secrets),
})

/** False when there is one of that name. */
export const insert = Effect.fnUntraced(function* (written: Written) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const row = { name: written.name, ...columns(written), created_at: now, updated_at: now }
  const rows =
    yield* sql<Row>`INSERT INTO stored_exports ${sql.insert(row)} ON CONFLICT (name) DO NOTHING RETURNING name`
  return rows.length > 0
})

/** False when it has been changed since `seen`, or is gone. */
export const update = Effect.fnUntraced(function* (written: Written, seen: number) {
  const sql = yield* SqlClient.SqlClient
  // Two changes within a millisecond are two.
  const now = Math.max(yield* Clock.currentTimeMillis, seen + 1)
  const rows = yield* sql<Row>`UPDATE stored_exports SET ${sql.update({ ...columns(written), updated_at: now })}
    WHERE name = ${written.name} AND updated_at = ${seen} RETURNING name`
  return rows.length > 0
})

/**
 * Stores a new export, whose schedule begins at `origin` if there was one of its name. In one transaction: whoever read the export
 * before its beginning would take it for one that came back, and catch up.
 */
export const create = Effect.fnUntraced(function* (written: Written, origin: number | null) {
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.gen(function* () {
    // It goes by the old definition, and what it commits would count for the new export.
    const [old] =
      yield* sql<Row>`SELECT id FROM runs WHERE export = ${written.name} AND state IN ('starting', 'running') LIMIT 1`
    if (old !== undefined) return "under way" as const
    if (!(yield* insert(written))) return "taken" as const
    yield* Exports.restart(written.name, origin)
    return "created" as const
  }).pipe(exclusively("exports"))
})

/** Ends what waits, too, so that an export that gets the name does not inherit it; runs under way end when their runner sees it. */
export const remove = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.gen(function* () {
    const removed = yield* sql<Row>`DELETE FROM stored_exports WHERE name = ${name} RETURNING name`
    if (removed.length === 0) return false
    // First, so that nothing is planned for it after this.
    yield* Exports.remove(name)
    const backfills = yield* sql<Row>`SELECT id FROM backfills WHERE export = ${name} AND state = 'running'`
    for (const row of backfills) yield* Backfills.cancel(String(row["id"]))
    const runs = yield* sql<Row>`SELECT id FROM runs
      WHERE export = ${name} AND state IN ('scheduled', 'starting', 'running')`
    for (const row of runs) yield* Runs.requestCancel(String(row["id"]))
    return true
  }).pipe(exclusively("exports"))
})
