/** The two tables of persons of a test's own, and rows in them that stay unmerged. */
import type { ClickHouseClient } from "@clickhouse/client"
import { Effect } from "effect"
import { uuid } from "./table.ts"

export interface Person {
  readonly id: number
  readonly version: number | string
  readonly properties?: string
  readonly isDeleted?: boolean
  /** Seconds after the start of 2026. */
  readonly at?: number
  readonly team?: number
}

export interface Mapping {
  readonly distinctId: string
  readonly person: number
  readonly version: number | string
  readonly at?: number
  readonly team?: number
}

let made = 0

const command = (client: ClickHouseClient, query: string) =>
  Effect.promise(() => client.command({ query, clickhouse_settings: { optimize_on_insert: 0 } }))

const newYear = "toDateTime('2026-01-01 00:00:00', 'UTC')"

/** The part of a `model:` block that names the tables. */
export const people = Effect.fnUntraced(function* (
  client: ClickHouseClient,
  rows: { readonly persons: ReadonlyArray<Person>; readonly mappings: ReadonlyArray<Mapping> },
) {
  const [table, mappings] = [`person_${process.pid}_${made}`, `mapping_${process.pid}_${made++}`]
  yield* created(
    client,
    table,
    "id UUID, created_at DateTime64(3), team_id Int64, properties String, is_identified Int8, is_deleted Int8, version UInt64, _timestamp DateTime, _offset UInt64",
    "id",
  )
  yield* created(
    client,
    mappings,
    "team_id Int64, distinct_id String, person_id UUID, is_deleted Int8, version Int64, _timestamp DateTime, _offset UInt64, _partition UInt64",
    "distinct_id",
  )
  yield* inserted(
    client,
    table,
    rows.persons.map(
      ({ at = 0, id, isDeleted = false, properties = "{}", team = 1, version }) =>
        `('${uuid(id)}', toDateTime64('2025-12-31 10:00:00.123', 3, 'UTC'), ${team}, ${bytes(properties)}, 0, ${isDeleted ? 1 : 0}, ${version}, ${newYear} + ${at}, 0)`,
    ),
  )
  yield* inserted(
    client,
    mappings,
    rows.mappings.map(
      ({ at = 0, distinctId, person, team = 1, version }) =>
        `(${team}, ${bytes(distinctId)}, '${uuid(person)}', 0, ${version}, ${newYear} + ${at}, 0, 0)`,
    ),
  )
  return { table, mappings }
})

const bytes = (text: string) => `unhex('${Buffer.from(text).toString("hex")}')`

const inserted = (client: ClickHouseClient, table: string, rows: ReadonlyArray<string>) =>
  rows.length === 0 ? Effect.void : command(client, `INSERT INTO ${table} VALUES ${rows.join(", ")}`)

const created = (client: ClickHouseClient, name: string, columns: string, key: string) =>
  Effect.acquireRelease(
    command(
      client,
      `CREATE TABLE ${name} (${columns}) ENGINE = ReplacingMergeTree(version) ORDER BY (team_id, ${key})`,
    ),
    () => command(client, `DROP TABLE ${name} SYNC`),
  )
