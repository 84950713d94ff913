/** A small events table of a test's own, and rows in it, byte for byte. */
import type { ClickHouseClient } from "@clickhouse/client"
import { Effect } from "effect"

export interface Row {
  readonly uuid?: string
  readonly event?: string | Uint8Array
  readonly properties?: string | Uint8Array
  readonly distinctId?: string | Uint8Array
  readonly elementsChain?: string | Uint8Array
  readonly personProperties?: string | Uint8Array
  readonly teamId?: string | number
  /** As DateTime64(6). */
  readonly timestamp?: string
  /** As DateTime. */
  readonly kafkaTimestamp?: string
  /** As DateTime64(6); null for an old row. */
  readonly insertedAt?: string | null
}

let tables = 0

/** Inserts are not merged, so that duplicates stay where they are. */
export const table = Effect.fnUntraced(function* (client: ClickHouseClient, rows: ReadonlyArray<Row>, indexes = "") {
  const name = `events_${process.pid}_${tables++}`
  yield* Effect.acquireRelease(command(client, create(name, indexes)), () => command(client, `DROP TABLE ${name} SYNC`))
  if (rows.length > 0) {
    yield* command(client, `INSERT INTO ${name} (${columns}) VALUES ${rows.map(values).join(", ")}`)
  }
  return name
})

/** A table of many different events of some size, all on the first of January. */
export const bulk = Effect.fnUntraced(function* (
  client: ClickHouseClient,
  size: { rows: number; bytes: number; random?: boolean },
) {
  const filling = size.random === true ? `lower(hex(randomString(${size.bytes >> 1})))` : `repeat('x', ${size.bytes})`
  const name = yield* table(client, [])
  yield* command(
    client,
    `INSERT INTO ${name} SELECT generateUUIDv4(number), toString(number), concat('{"a":"', ${filling}, '"}'),
      ${instant("2026-01-01 10:00:00")}, 1, 'somebody', '', now64(6), generateUUIDv4(), '{}',
      toDateTime('2026-01-01 12:00:00', 'UTC'), ${instant("2026-01-01 12:00:00")} FROM numbers(${size.rows})`,
  )
  return name
})

export const uuid = (index: number): string => `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`

const command = (client: ClickHouseClient, query: string) =>
  Effect.promise(() =>
    client.command({
      query,
      clickhouse_settings: { optimize_on_insert: 0, max_query_size: "100000000", max_partitions_per_insert_block: "0" },
    }),
  )

const create = (name: string, indexes: string) => `
CREATE TABLE ${name} (
  uuid UUID, event String, properties String, timestamp DateTime64(6, 'UTC'), team_id Int64, distinct_id String,
  elements_chain String, created_at DateTime64(6, 'UTC'), person_id UUID, person_properties String,
  _timestamp DateTime, inserted_at Nullable(DateTime64(6, 'UTC'))${indexes === "" ? "" : `, ${indexes}`}
) ENGINE = ReplacingMergeTree(_timestamp)
PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid))`

const columns =
  "uuid, event, properties, timestamp, team_id, distinct_id, elements_chain, created_at, person_id, person_properties, _timestamp, inserted_at"

const values = (row: Row, index: number) =>
  `(${[
    `'${row.uuid ?? uuid(index)}'`,
    text(row.event ?? "event"),
    text(row.properties ?? "{}"),
    instant(row.timestamp ?? "2026-01-01 10:00:00.123456"),
    `toInt64('${row.teamId ?? 1}')`,
    text(row.distinctId ?? "somebody"),
    text(row.elementsChain ?? ""),
    instant("2026-01-01 11:00:00"),
    `'${uuid(4096)}'`,
    text(row.personProperties ?? "{}"),
    `toDateTime('${row.kafkaTimestamp ?? "2026-01-01 12:00:00"}', 'UTC')`,
    row.insertedAt === null ? "NULL" : instant(row.insertedAt ?? "2026-01-01 12:00:00.000001"),
  ].join(", ")})`

/** Hexadecimal is the one form that no parser on the way can change. */
const text = (value: string | Uint8Array) => `unhex('${Buffer.from(value as string).toString("hex")}')`

const instant = (value: string) => `toDateTime64('${value}', 6, 'UTC')`
