/** One real Postgres for all test files of a worker, a schema of its own per test, and what tests ask the server about. */
import { type DevPostgres, postgres } from "@batch-exports/dev-services"
import { Context, Effect, Layer, Scope } from "effect"
import { randomUUID } from "node:crypto"
import type pg from "pg"
import { Pool } from "pg"
import { quote } from "../../src/identifier.ts"
import type { Settings } from "./run.ts"
import { type Arranged, arrange, variant } from "./variant.ts"

export interface Database extends DevPostgres {
  /** Of the destination: how this run's variant reaches the server, through a pooler where it has one. */
  readonly settings: Settings
  /** Of a test's own connection. */
  readonly ssl: Arranged["ssl"]
  /** As the superuser. */
  readonly sql: <Row extends pg.QueryResultRow>(
    text: string,
    values?: ReadonlyArray<unknown>,
  ) => Effect.Effect<Array<Row>>
}

export class Postgres extends Context.Service<Postgres, Database>()("test/Postgres") {
  static readonly layer = Layer.effect(
    this,
    Effect.promise(() => (running ??= launch())),
  )
}

/** Never closed: its keeper stops it when the worker ends. */
let running: Promise<Database> | undefined

const launch = () =>
  Effect.runPromise(Effect.provideService(shared, Scope.Scope, Scope.makeUnsafe())).catch((error: unknown) => {
    // The next file tries again.
    running = undefined
    throw error
  })

/** Plaintext is on, for the tests that cut a connection at an exact message. */
const shared = Effect.gen(function* () {
  const { options, pooled, settings, ssl } = yield* arrange
  const database = yield* start(options, ssl)
  return { ...database, settings: variant.pool === "none" || database.external ? settings : yield* pooled(database) }
})

/** A server for one test, whatever the variant is. */
export const start = Effect.fnUntraced(function* (options: Parameters<typeof postgres>[0], chosen?: Arranged["ssl"]) {
  const server = yield* postgres(options)
  const verified = server.ca === undefined ? false : { ca: server.ca }
  const ssl = chosen === undefined || server.external ? verified : chosen
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const made = new Pool({
        host: server.host,
        port: server.port,
        user: server.user,
        password: server.password,
        database: server.database,
        ssl,
        // What tests read as text is the same everywhere.
        options: "-c TimeZone=UTC -c DateStyle=ISO -c bytea_output=hex",
        max: 4,
      })
      made.on("error", () => {})
      return made
    }),
    (made) => Effect.promise(() => made.end()),
  )
  const database: Database = {
    ...server,
    ssl,
    settings: server.ca === undefined ? { sslmode: "disable" } : { rootCertificate: server.ca },
    sql: (text, values = []) => Effect.promise(async () => (await pool.query(text, [...values])).rows),
  }
  return database
})

/** A schema that is dropped with the scope. */
export const freshSchema: Effect.Effect<string, never, Postgres | Scope.Scope> = Effect.gen(function* () {
  const database = yield* Postgres
  const name = `test_${randomUUID().replaceAll("-", "").slice(0, 12)}`
  return yield* Effect.acquireRelease(Effect.as(database.sql(`CREATE SCHEMA ${quote(name)}`), name), () =>
    database.sql(`DROP SCHEMA IF EXISTS ${quote(name)} CASCADE`),
  )
})

/** A login role without any privilege, dropped with the scope. */
export const freshRole = Effect.fnUntraced(function* (password: string) {
  const database = yield* Postgres
  const name = `role_${randomUUID().replaceAll("-", "").slice(0, 12)}`
  return yield* Effect.acquireRelease(
    Effect.as(database.sql(`CREATE USER ${quote(name)} WITH PASSWORD '${password}'`), name),
    () =>
      Effect.andThen(database.sql(`DROP OWNED BY ${quote(name)} CASCADE`), database.sql(`DROP ROLE ${quote(name)}`)),
  )
})

/** Waits for what another process is about to do. Fails the test after thirty seconds, which only a failure takes. */
export const eventually = <A, R>(
  what: string,
  probe: Effect.Effect<A, never, R>,
  holds: (value: A) => boolean,
): Effect.Effect<A, never, R> =>
  Effect.gen(function* () {
    for (let attempt = 0; attempt < 600; attempt++) {
      const value = yield* probe
      if (holds(value)) return value
      yield* Effect.sleep("50 millis")
    }
    return yield* Effect.die(new Error(`waited in vain: ${what}`))
  })
