/**
 * Exports that were defined over the API, beside those of the configuration file. Their secrets are kept apart from the rest, and
 * sealed: see state/secrets.ts.
 */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Path } from "../config/document.ts"
import type { Row } from "./Run.ts"

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

/** Changes whenever one of them does. */
export const version = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Row>`SELECT COUNT(*) AS n, MAX(updated_at) AS updated FROM stored_exports`
  return `${Number(row?.["n"] ?? 0)} ${Number(row?.["updated"] ?? 0)}`
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

export const remove = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`DELETE FROM stored_exports WHERE name = ${name} RETURNING name`
  return rows.length > 0
})
