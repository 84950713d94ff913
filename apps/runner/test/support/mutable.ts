/** Exports of models that change into a real Postgres, attempt by attempt, and what the table must then hold. */
import { ClickHouseSource } from "@batch-exports/clickhouse-source"
import { type Destination, ExportWindow, type Run, type Source, Window } from "@batch-exports/core"
import { ClickHouseServer, PostgresServer } from "@batch-exports/dev-services"
import { PostgresDestination } from "@batch-exports/postgres-destination"
import type { ClickHouseClient } from "@clickhouse/client"
import { DateTime, Effect, Result } from "effect"
import { randomUUID } from "node:crypto"
import type { Client } from "pg"
import { clickHouseClient, postgresClient } from "./clients.ts"

export interface Mutable {
  readonly clickHouse: ClickHouseClient
  readonly pg: Client
  readonly schema: string
  /** One attempt; given up after so many milliseconds, if that is said. */
  readonly attempt: (options: {
    readonly window: Window.Window
    readonly mode: Run.Mode
    readonly giveUpAfter?: number
  }) => Effect.Effect<ExportWindow.Outcome | undefined>
  /** Fails unless the table holds exactly these records. */
  readonly equals: (records: Iterable<object>, about: string) => Effect.Effect<number>
}

const TABLE = "records"

export const hoursFrom = (start: number, from: number, to = from + 1): Window.Window =>
  new Window.Window({
    start: DateTime.makeUnsafe(start + from * 3_600_000),
    end: DateTime.makeUnsafe(start + to * 3_600_000),
  })

export const mutable = Effect.fnUntraced(function* (options: {
  readonly database: string
  readonly selection: object
  readonly settings?: object
  /** Makes the tables of the source. */
  readonly prepare: (client: ClickHouseClient, database: string) => Promise<void>
}) {
  const ch = yield* ClickHouseServer
  const server = yield* PostgresServer
  const clickHouse = yield* clickHouseClient(ch)
  yield* Effect.promise(() => options.prepare(clickHouse, options.database))
  const { ca, database, host, password, port, user } = server
  const pg = yield* postgresClient(server)
  const schema = `mutable_${randomUUID().slice(0, 8)}`
  yield* Effect.promise(() => pg.query(`CREATE SCHEMA ${schema}`))
  const source = yield* Result.getOrThrow(
    ClickHouseSource.configure(
      { value: { url: ch.url, user: ch.user, password: ch.password, database: options.database } },
      { value: options.selection },
    ),
  ).open
  const destination = Result.getOrThrow(
    PostgresDestination.configure({
      host,
      port,
      user,
      password,
      database,
      schema,
      table: TABLE,
      ...(ca === undefined ? {} : { rootCertificate: ca }),
      ...options.settings,
    }),
  )
  return {
    clickHouse,
    pg,
    schema,
    attempt: attempts(source, destination),
    equals: (records, about) => Effect.promise(() => compare(pg, schema, [...records], about)),
  } satisfies Mutable
})

const attempts =
  (source: Source.Opened, destination: Destination.Configured): Mutable["attempt"] =>
  ({ giveUpAfter, mode, window }) => {
    const run = { id: randomUUID(), export: "an export", window, mode }
    const exported = ExportWindow.exportWindow({ source, destination, run }).pipe(Effect.orDie)
    return giveUpAfter === undefined
      ? exported
      : Effect.raceFirst(exported, Effect.as(Effect.sleep(giveUpAfter), undefined))
  }

/** The wanted records go into a table of the same form, where Postgres itself compares. */
const compare = async (pg: Client, schema: string, records: ReadonlyArray<object>, about: string): Promise<number> => {
  const [target, wanted] = [`${schema}.${TABLE}`, `${schema}.wanted`]
  await pg.query(`CREATE TABLE ${wanted} (LIKE ${target})`)
  const { rows: columns } = await pg.query<{ name: string }>(
    "SELECT attname AS name FROM pg_attribute WHERE attrelid = ($1)::regclass AND attnum > 0",
    [target],
  )
  const names = columns.map(({ name }) => name)
  for (const record of records) {
    await pg.query(
      `INSERT INTO ${wanted} VALUES (${names.map((_, index) => `$${index + 1}`).join(", ")})`,
      names.map((name) => (record as Readonly<Record<string, unknown>>)[name]),
    )
  }
  for (const [some, others, what] of [
    [target, wanted, "is in the table and should not be"],
    [wanted, target, "is missing from the table"],
  ]) {
    const { rows } = await pg.query(`SELECT * FROM ${some} EXCEPT SELECT * FROM ${others} LIMIT 1`)
    if (rows.length > 0) throw new Error(`${about}: ${JSON.stringify(rows[0])} ${what}`)
  }
  const { rows } = await pg.query<{ count: string }>(`SELECT count(*) FROM ${target}`)
  await pg.query(`DROP TABLE ${wanted}`)
  return Number(rows[0]?.count)
}
