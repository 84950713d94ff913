/** Standing in the way of a run: whoever wants to write into the table waits. */
import { Effect } from "effect"
import { World } from "./World.ts"

/** Holds the target's lock, so that a run stands still in the middle of its transaction. */
export const locked = <A, E, R>(table: string, body: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const world = yield* World
    return yield* Effect.acquireUseRelease(
      world
        .query("BEGIN")
        .pipe(
          Effect.andThen(
            world.query(
              `CREATE TABLE IF NOT EXISTS ${world.schema}.${table} (uuid VARCHAR(200), timestamp TIMESTAMPTZ)`,
            ),
          ),
          Effect.andThen(world.query("COMMIT")),
          Effect.andThen(world.query(`GRANT INSERT, SELECT, UPDATE ON ${world.schema}.${table} TO posthog`)),
          Effect.andThen(world.query("BEGIN")),
          Effect.andThen(world.query(`LOCK TABLE ${world.schema}.${table} IN ACCESS EXCLUSIVE MODE`)),
        ),
      () => body,
      () => world.query("ROLLBACK"),
    )
  })

/** Waits until a session of the exporter waits for the lock. */
export const waitingForLock = Effect.gen(function* () {
  const world = yield* World
  for (;;) {
    // Within a transaction, as here, pg_stat_activity stays as it was first seen; the locks do not.
    const waiting = yield* world.query(`SELECT pid FROM pg_locks WHERE NOT granted AND locktype = 'relation'`)
    if (waiting.length > 0) return
    yield* Effect.sleep("20 millis")
  }
})
