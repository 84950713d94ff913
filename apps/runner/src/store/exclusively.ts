/** One at a time among all runners that share a state. */
import { Effect } from "effect"
import { SqlClient, type SqlError } from "effect/sql"

/** Runs `effect` in a transaction, while nobody else runs one of that name on this state. SQLite has one writer anyway. */
export const exclusively =
  (name: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R | SqlClient.SqlClient> =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      return yield* sql.withTransaction(
        Effect.andThen(
          sql.onDialectOrElse({
            // Held until the transaction ends, so that a pooler may stand between.
            pg: () =>
              sql`SELECT pg_advisory_xact_lock(hashtext('batch-exports'), hashtext(${name} || current_setting('search_path')))`,
            orElse: () => Effect.succeed([]),
          }),
          effect,
        ),
      )
    })
