/** A state that several runners share, on a Postgres: made and brought up to date by whoever comes first. */
import { Effect, Layer } from "effect"
import { SqlMessageStorage, SqlRunnerStorage } from "effect/cluster"
import { Migrator, SqlClient, type SqlError } from "effect/sql"
import { compatible } from "./compatible.ts"
import { exclusively } from "./exclusively.ts"
import { known, migrate } from "./migrations.ts"
import type { Postgres } from "./Place.ts"
import * as Client from "./postgres.ts"
import { StateUnusable } from "./StateUnusable.ts"

const schemaExists = Effect.fnUntraced(function* (schema: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT 1 FROM pg_namespace WHERE nspname = ${schema}`
  return rows.length > 0
})

const tableExists = Effect.fnUntraced(function* (table: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string | null }>`SELECT to_regclass(${table})::text AS name`
  return rows[0]?.name !== null
})

/** The engine's tables are made here, too: its own set-up races with that of a runner that starts at the same time. */
const engineTables = Effect.andThen(
  Migrator.make({})({ table: "cluster_migrations", loader: SqlMessageStorage.migrations({}) }),
  Migrator.make({})({ table: "cluster_runner_migrations", loader: SqlRunnerStorage.migrations({}) }),
)

const prepare = Effect.fnUntraced(function* ({ schema }: Postgres) {
  yield* Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    if (!(yield* schemaExists(schema))) {
      yield* sql`CREATE SCHEMA ${sql(schema)}`.pipe(
        Effect.catchIf(isForbidden, () =>
          Effect.fail(
            new StateUnusable({
              message: `the schema "${schema}" is not there, and this user may not create it`,
              remedy: `Let an administrator run: CREATE SCHEMA "${schema}" AUTHORIZATION <the user of the URL>;`,
            }),
          ),
        ),
      )
    }
    // A newer one first: nothing is made in tables that are not understood.
    if (yield* tableExists("compatibility")) yield* compatible
    yield* migrate
    yield* engineTables
  }).pipe(exclusively("set-up"))
})

const isForbidden = (error: SqlError.SqlError): boolean => error.reason._tag === "AuthorizationError"

/** For runners. */
export const owned = (place: Postgres) =>
  Layer.effectDiscard(prepare(place)).pipe(Layer.provideMerge(Client.layer(place)))

/** For commands, which change nothing about the tables. */
export const opened = (place: Postgres) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      if (!(yield* tableExists("compatibility"))) {
        return yield* new StateUnusable({
          message: `there is no runner's state in ${place.schema}`,
          remedy: "Start a runner on it first: batch-exports start --state …",
        })
      }
      const version = yield* compatible
      if (version < known) {
        return yield* new StateUnusable({
          message: `the state is of an older version of batch-exports: schema ${version}, and this one needs ${known}`,
          remedy: "Start a runner of this version first; it brings the state up to date.",
        })
      }
    }),
  ).pipe(Layer.provideMerge(Client.layer(place)))
