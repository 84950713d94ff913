/** What must be written down sooner or later, although the state may not answer for a while. */
import { Effect, Schedule } from "effect"
import { SqlError } from "effect/sql"

const mayPass = (error: unknown): boolean => SqlError.isSqlError(error) && error.isRetryable

/** Tried once a second, as long as the state cannot be reached or is busy. What else goes wrong is not repeated. */
export const patiently = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(effect, { schedule: Schedule.spaced("1 second"), while: mayPass })
