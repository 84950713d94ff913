/**
 * Effect's SQL client over `pg`, for a state that several runners share. All statements are unnamed and run in one schema,
 * also behind a pooler in transaction mode, which may give each statement another session.
 */
import * as Connection from "@batch-exports/postgres-destination/connection"
import { Context, Effect, Layer, type Scope, Semaphore, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"
import {
  Client,
  type ClientConfig,
  type CustomTypesConfig,
  Pool,
  type PoolClient,
  type QueryArrayResult,
  type QueryResult,
  types,
} from "pg"
import type { Postgres } from "./Place.ts"
import { sqlReason } from "./postgresError.ts"

/** A statement here takes milliseconds; one that is not answered for so long stands on a connection that is dead. */
const PATIENCE = 30_000

/**
 * A runner that is frozen in a transaction keeps its locks. They must be gone before the others have its leases, after eight
 * seconds: the engine does not wait for them when it takes a shard over, and would leave what was begun there for ten minutes.
 */
const IDLE = "idle_in_transaction_session_timeout = '5s'"

type Row = Record<string, unknown>

/** As SQLite has it: counts and times are numbers; what a number cannot hold, such as the engine's identifiers, stays text. */
const parseInt8 = (text: string): number | string => (Number.isSafeInteger(Number(text)) ? Number(text) : text)

const parsers: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === types.builtins.INT8 && format !== "binary" ? parseInt8 : types.getTypeParser(oid, format),
}

const quoted = Statement.defaultEscape('"')

/** PGOPTIONS and its like do not reach it. */
class PlainClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config)
    Connection.withoutEnvironment(this)
  }
}

/** What becomes of a connection is known when it is given back. */
interface Lease {
  readonly client: PoolClient
  readonly pooled: boolean
  inTransaction: boolean
  broken: boolean
  /** The engine keeps one for its locks, and uses it from several places at once. */
  readonly one: Semaphore.Semaphore
}

const failed = (to: Connection.Connection, operation: "connect" | "statement") => (cause: unknown) =>
  new SqlError.SqlError({ reason: sqlReason(cause, to, operation) })

const open = Effect.fnUntraced(function* ({ connection: to, schema }: Postgres) {
  const config = yield* Effect.mapError(Connection.clientConfig(to, "batch-exports state"), failed(to, "connect"))
  /** Sessions of a pooler, which tells clients other process numbers than the server's own. */
  const pooled = new WeakMap<object, boolean>()
  const onConnect = async (client: PoolClient) => {
    // An error while no statement runs would otherwise end the process; the next statement reports it.
    client.on("error", () => {})
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")
    const isPooled = rows[0]?.pid !== (client as unknown as { readonly processID: number | null }).processID
    pooled.set(client, isPooled)
    if (!isPooled) await client.query(`SET search_path TO ${quoted(schema)}; SET ${IDLE}`)
  }
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const made = new Pool({ ...config, Client: PlainClient, types: parsers, max: 10, onConnect } as never)
      made.on("error", () => {})
      return made
    }),
    (made) => Effect.promise(() => made.end().catch(() => {})).pipe(Effect.timeoutOption("5 seconds")),
  )

  const send = (lease: Lease, text: string, values: ReadonlyArray<unknown>, rowMode?: "array") =>
    Effect.callback<QueryResult<Row>, SqlError.SqlError>((resume) => {
      // Such as the end of a transaction that was interrupted in the middle of a statement.
      if (lease.broken) return resume(Effect.fail(failed(to, "statement")(new Error("the connection was given up"))))
      // What was asked and not answered leaves a session nobody knows the state of.
      const giveUp = () => {
        clearTimeout(timer)
        lease.broken = true
        lease.client.connection.stream.destroy()
      }
      const timer = setTimeout(() => {
        giveUp()
        resume(Effect.fail(failed(to, "statement")(new Error(`no answer within ${PATIENCE / 1000} seconds`))))
      }, PATIENCE)
      const query = { text, values: [...values], ...(rowMode === undefined ? {} : { rowMode }) }
      lease.client.query<Row>(query).then(
        (result) => {
          clearTimeout(timer)
          resume(Effect.succeed(result))
        },
        (cause: unknown) => {
          clearTimeout(timer)
          if (!(cause instanceof Error && "severity" in cause && cause.severity === "ERROR")) lease.broken = true
          resume(Effect.fail(failed(to, "statement")(cause)))
        },
      )
      return Effect.sync(giveUp)
    })

  const settings = `SET LOCAL search_path TO ${quoted(schema)}; SET LOCAL ${IDLE}`

  /** A pooler keeps a session for a transaction only, and so the schema. */
  const run = (lease: Lease, text: string, values: ReadonlyArray<unknown>, rowMode?: "array") =>
    lease.one.withPermits(1)(Effect.suspend(() => perform(lease, text, values, rowMode)))

  const perform = (lease: Lease, text: string, values: ReadonlyArray<unknown>, rowMode?: "array") => {
    if (!lease.pooled || lease.inTransaction) return send(lease, text, values, rowMode)
    return Effect.gen(function* () {
      yield* send(lease, `BEGIN; ${settings}`, [])
      const result = yield* send(lease, text, values, rowMode).pipe(
        Effect.tapError(() => (lease.broken ? Effect.void : Effect.ignore(send(lease, "ROLLBACK", [])))),
      )
      yield* send(lease, "COMMIT", [])
      return result
    })
  }

  const control = /^(BEGIN|COMMIT|ROLLBACK)\b(?! TO)/
  const connectionOf = (lease: Lease): SqlConnection.Connection => {
    const rows: SqlConnection.Connection["execute"] = (text, values, transform) =>
      Effect.map(run(lease, text, values), (result) => (transform === undefined ? result.rows : transform(result.rows)))
    const arrays = (text: string, values: ReadonlyArray<unknown>) =>
      Effect.map(run(lease, text, values, "array"), (result) => (result as unknown as QueryArrayResult).rows)
    return {
      execute: rows,
      executeRaw: (text, values) => run(lease, text, values),
      executeStream: (text, values) =>
        Stream.fromIterableEffect(Effect.map(run(lease, text, values), ({ rows: all }) => all)),
      executeValues: arrays,
      executeValuesUnprepared: arrays,
      executeUnprepared: (text, values, transform) => {
        const word = control.exec(text)?.[1]
        if (word === undefined) return rows(text, values, transform)
        if (word === "BEGIN") {
          return Effect.map(send(lease, lease.pooled ? `${text}; ${settings}` : text, []), () => {
            lease.inTransaction = true
            return []
          })
        }
        return Effect.ensuring(
          Effect.as(send(lease, text, []), []),
          Effect.sync(() => {
            lease.inTransaction = false
          }),
        )
      },
    }
  }

  const lend: Effect.Effect<Lease, SqlError.SqlError, Scope.Scope> = Effect.acquireRelease(
    Effect.tryPromise({ try: () => pool.connect(), catch: failed(to, "connect") }).pipe(
      Effect.map((client) => ({
        client,
        pooled: pooled.get(client) ?? true,
        inTransaction: false,
        broken: false,
        one: Semaphore.makeUnsafe(1),
      })),
    ),
    (lease) => Effect.sync(() => lease.client.release(lease.broken || lease.inTransaction)),
  )
  return { acquire: Effect.map(lend, connectionOf) }
})

const make = Effect.fnUntraced(function* (place: Postgres) {
  const { acquire } = yield* open(place)
  return yield* SqlClient.make({
    acquirer: acquire,
    transactionAcquirer: acquire,
    compiler: Statement.makeCompiler({
      dialect: "pg",
      placeholder: (index) => `$${index}`,
      onIdentifier: quoted,
      onRecordUpdate: (placeholders, alias, columns, values, returning) => [
        `(values ${placeholders}) AS ${alias}${columns}${returning === undefined ? "" : ` RETURNING ${returning[0]}`}`,
        returning === undefined ? values.flat() : values.flat().concat(returning[1]),
      ],
      onCustom: () => {
        throw new Error("no statement here has a part of its own kind")
      },
    }),
    driver: "pg",
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
    spanAttributes: [["db.system.name", "postgresql"]],
  })
})

export const layer = (place: Postgres): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effectContext(Effect.map(make(place), (client) => Context.make(SqlClient.SqlClient, client))).pipe(
    Layer.provide(Reactivity.layer),
  )
