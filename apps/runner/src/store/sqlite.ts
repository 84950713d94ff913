/** Effect's SQL client over Node's own SQLite: no driver package, no native build. */
import { Context, Effect, Layer, type Scope, Semaphore, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { isFull } from "./unwritable.ts"

type Row = Record<string, unknown>

export const failed = (operation: string) => (cause: unknown) => {
  // The classifier looks for `errno`, where Node says `errcode`.
  if (typeof cause === "object" && cause !== null && "errcode" in cause && !("errno" in cause)) {
    Object.assign(cause, { errno: cause.errcode })
  }
  const message = `SQLite: ${operation} failed${cause instanceof Error ? `: ${cause.message}` : ""}`
  return new SqlError.SqlError({
    reason: isFull(cause)
      ? // It passes when there is space again, as a server does that comes back.
        new SqlError.ConnectionError({ cause, message, operation })
      : SqlError.classifySqliteError(cause, { message, operation }),
  })
}

const bound = (value: unknown): SQLInputValue => {
  if (typeof value === "boolean") return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  return value === undefined ? null : (value as SQLInputValue)
}

const openDatabase = (file: string): Effect.Effect<DatabaseSync, SqlError.SqlError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        // The command line reads and writes while a runner does: each waits for the other's short transactions.
        const database = new DatabaseSync(file, { timeout: 5_000 })
        database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")
        return database
      },
      catch: failed("open"),
    }),
    (database) => Effect.sync(() => database.close()),
  )

/** More than there are different statements; a list of another length is another statement. */
const KEPT = 256

interface Prepared {
  readonly statement: StatementSync
  readonly answers: boolean
}

/** A run is some fifty small statements, and to prepare one takes longer than to execute it. What was used longest ago goes. */
const preparing = (database: DatabaseSync) => {
  const kept = new Map<string, Prepared>()
  return (sql: string): Prepared => {
    const known = kept.get(sql)
    if (known !== undefined) kept.delete(sql)
    const statement = known?.statement ?? database.prepare(sql)
    const prepared = known ?? { statement, answers: statement.columns().length > 0 }
    kept.set(sql, prepared)
    if (kept.size > KEPT) kept.delete(kept.keys().next().value ?? sql)
    return prepared
  }
}

const make = Effect.fnUntraced(function* (file: string) {
  const database = yield* openDatabase(file)
  const prepare = preparing(database)
  const run = (sql: string, params: ReadonlyArray<unknown>, mode: "rows" | "arrays" | "raw") =>
    Effect.try({
      try: (): ReadonlyArray<never> => {
        const { answers, statement } = prepare(sql)
        statement.setReturnArrays(mode === "arrays")
        const values = params.map(bound)
        if (answers) return statement.all(...values) as unknown as ReadonlyArray<never>
        const changes = statement.run(...values)
        return mode === "raw" ? (changes as unknown as ReadonlyArray<never>) : []
      },
      catch: failed("statement"),
    })
  const execute: SqlConnection.Connection["execute"] = (sql, params, transform) =>
    transform === undefined
      ? run(sql, params, "rows")
      : Effect.map(run(sql, params, "rows"), (rows) => transform(rows as ReadonlyArray<Row>) as ReadonlyArray<never>)
  const connection: SqlConnection.Connection = {
    execute,
    executeUnprepared: execute,
    executeRaw: (sql, params) => run(sql, params, "raw"),
    executeValues: (sql, params) => run(sql, params, "arrays"),
    executeValuesUnprepared: (sql, params) => run(sql, params, "arrays"),
    // Nothing here reads more than it holds in memory.
    executeStream: (sql, params) => Stream.fromIterableEffect(run(sql, params, "rows")),
  }
  return yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => database.isTransaction,
    }),
    compiler: Statement.makeCompilerSqlite(),
    driver: "node:sqlite",
    // A deferred transaction that began with a read fails at once when another process wrote in between.
    beginTransaction: "BEGIN IMMEDIATE",
    spanAttributes: [["db.system.name", "sqlite"]],
  })
})

export const layer = (file: string): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effectContext(Effect.map(make(file), (client) => Context.make(SqlClient.SqlClient, client))).pipe(
    Layer.provide(Reactivity.layer),
  )
