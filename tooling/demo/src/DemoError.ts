/** The demo could not be set up, or its two sides could not be read. */
import { Effect, Schema } from "effect"

export class DemoError extends Schema.TaggedError<DemoError>()("DemoError", {
  message: Schema.String,
  /** What to do about it. */
  remedy: Schema.String,
}) {}

const own =
  "Look at the servers that CLICKHOUSE_URL and DATABASE_URL name, or unset both: the demo then starts servers of its own."
const temporary = "Try again; with --keep, choose another folder."

/** `external`: the step runs on a server of the user's own. */
export const attempt = <A>(what: string, external: boolean, promise: () => Promise<A>): Effect.Effect<A, DemoError> =>
  Effect.tryPromise({
    try: promise,
    catch: (cause) =>
      new DemoError({
        message: `could not ${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: external ? own : temporary,
      }),
  })
