/** What must be written down sooner or later, although the state may not answer for a while. */
import { Cause, Effect, Schedule } from "effect"
import { SqlError } from "effect/sql"

const mayPass = (error: unknown): boolean => SqlError.isSqlError(error) && error.isRetryable

const isAway = (error: unknown): boolean => SqlError.isSqlError(error) && error.reason._tag === "ConnectionError"

/** Tried once a second, as long as the state cannot be reached or is busy. What else goes wrong is not repeated. */
export const patiently = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  effect.pipe(
    // The log of a runner says such things once a minute.
    Effect.tapError((error) =>
      isAway(error)
        ? Effect.logError("the state could not be written to; it is tried again", Cause.fail(error))
        : Effect.void,
    ),
    Effect.retry({ schedule: Schedule.spaced("1 second"), while: mayPass }),
  )
