/** A benchmark could not be run, or a load did not do what it should have. */
import { Effect, Schema } from "effect"

export class BenchmarkError extends Schema.TaggedError<BenchmarkError>()("BenchmarkError", {
  message: Schema.String,
}) {}

export const attempt = <A>(
  what: string,
  promise: (signal: AbortSignal) => Promise<A>,
): Effect.Effect<A, BenchmarkError> =>
  Effect.tryPromise({
    try: promise,
    catch: (cause) =>
      new BenchmarkError({ message: `could not ${what}: ${cause instanceof Error ? cause.message : String(cause)}` }),
  })
