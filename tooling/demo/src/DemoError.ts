/** The demo could not be set up, or its two sides could not be read. */
import { Effect, Schema } from "effect"

export class DemoError extends Schema.TaggedError<DemoError>()("DemoError", { message: Schema.String }) {}

export const attempt = <A>(what: string, promise: () => Promise<A>): Effect.Effect<A, DemoError> =>
  Effect.tryPromise({
    try: promise,
    catch: (cause) =>
      new DemoError({ message: `could not ${what}: ${cause instanceof Error ? cause.message : String(cause)}` }),
  })
