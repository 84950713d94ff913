/** The demo's events, made once: whole hours that have just ended, hostile values among them. */
import { createEventsTable, insertEvents, insertHostile, type TimeRange } from "@batch-exports/fixtures"
import type { ClickHouseClient } from "@clickhouse/client"
import { Clock, Effect, Schema } from "effect"
import { attempt, type DemoError } from "./DemoError.ts"

export type Progress = (what: string) => Effect.Effect<void>

const HOUR = 3_600_000
const SEED = 20_260_131

/** A table of one row, written last: without it the data is incomplete and made anew. */
const Made = Schema.Struct({ start: Schema.Int, windows: Schema.Int })

export const events = Effect.fnUntraced(function* (
  client: ClickHouseClient,
  options: {
    readonly database: string
    readonly windows: number
    readonly rows: number
    readonly external: boolean
    readonly say: Progress
  },
): Effect.fn.Return<{ readonly windows: ReadonlyArray<TimeRange>; readonly fresh: boolean }, DemoError> {
  const { database, external } = options
  const made = yield* attempt("look for earlier data in ClickHouse", external, () => readMade(client, database))
  if (made !== undefined) {
    yield* options.say(`using the events that are there: ${made.windows} windows`)
    return { windows: cut(made), fresh: false }
  }

  yield* options.say(`making ${options.rows.toLocaleString("en-US")} events`)
  const now = yield* Clock.currentTimeMillis
  const fresh = { start: Math.floor(now / HOUR) * HOUR - options.windows * HOUR, windows: options.windows }
  const windows = cut(fresh)
  const range = { start: new Date(fresh.start), end: new Date(fresh.start + fresh.windows * HOUR) }
  yield* attempt("make the events in ClickHouse", external, async () => {
    await client.command({ query: `DROP DATABASE IF EXISTS ${database}` })
    await createEventsTable(client, database)
    // A merge would take a redelivered event out of its older window while both sides are compared.
    await client.command({
      query: `ALTER TABLE ${database}.events MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1`,
    })
    await insertEvents(client, { database, rows: options.rows, seed: SEED, windows: range })
    await insertHostile(client, { database, windows: range })
    await client.command({ query: `CREATE TABLE ${database}.made (start Int64, windows Int64) ENGINE = Log` })
    await client.command({ query: `INSERT INTO ${database}.made VALUES (${fresh.start}, ${fresh.windows})` })
  })
  return { windows, fresh: true }
})

const readMade = async (client: ClickHouseClient, database: string): Promise<typeof Made.Type | undefined> => {
  const tables = await client.query({
    query: "SELECT 1 FROM system.tables WHERE database = {database:String} AND name = 'made'",
    query_params: { database },
    format: "JSONEachRow",
  })
  if ((await tables.json()).length === 0) return undefined
  const rows = await client.query({
    query: `SELECT toInt32(windows) AS windows, toFloat64(start) AS start FROM ${database}.made`,
    format: "JSONEachRow",
  })
  const [row] = await rows.json()
  return row === undefined ? undefined : Schema.decodeUnknownSync(Made)(row)
}

const cut = ({ start, windows }: typeof Made.Type): ReadonlyArray<TimeRange> =>
  Array.from({ length: windows }, (_, index) => ({
    start: new Date(start + index * HOUR),
    end: new Date(start + (index + 1) * HOUR),
  }))
