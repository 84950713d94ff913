/** Assertions of laws. Each says what to mend when it does not hold. */
import type { DestinationError, ExportError, Reason, RecordSchema } from "@batch-exports/core"
import { Context, Effect, Result } from "effect"
import { Broken } from "./Broken.ts"
import type { Row } from "./encoders/index.ts"
import { difference } from "./difference.ts"

export const that = (
  holds: boolean,
  otherwise: { readonly expected: string; readonly seen: string; readonly advice: string },
): Effect.Effect<void, Broken> => (holds ? Effect.void : Effect.fail(new Broken(otherwise)))

/** The same rows, each as often; their order does not matter. */
export const rows = (
  fields: ReadonlyArray<RecordSchema.Field>,
  expected: ReadonlyArray<Row>,
  seen: ReadonlyArray<Row>,
  advice: string,
): Effect.Effect<void, Broken> => {
  const found = difference(fields, expected, seen)
  return found === undefined
    ? Effect.void
    : Effect.fail(new Broken({ expected: `${count(expected.length)}, each as it was sent`, seen: found, advice }))
}

export const count = (rows: number): string => `${rows} ${rows === 1 ? "row" : "rows"}`

/** `doing` completes "expected …": `the export succeeds`. */
export const succeeds = <A, R>(
  effect: Effect.Effect<A, ExportError, R>,
  doing: string,
  advice: string,
): Effect.Effect<A, Broken, R> =>
  Effect.mapError(effect, (error) => new Broken({ expected: doing, seen: told(error), advice }))

/** Fails, for one of `reasons` when they are given. Answers with the error. */
export const fails = <A, R>(
  effect: Effect.Effect<A, ExportError, R>,
  options: { readonly expected: string; readonly reasons?: ReadonlyArray<Reason.Reason>; readonly advice: string },
): Effect.Effect<ExportError, Broken, R> =>
  Effect.flatMap(Effect.result(effect), (result) => {
    const { advice, expected, reasons } = options
    if (Result.isSuccess(result)) return Effect.fail(new Broken({ expected, seen: "it succeeded", advice }))
    const error = result.failure
    return reasons === undefined || reasons.includes(error.reason)
      ? Effect.succeed(error)
      : Effect.fail(
          new Broken({ expected: `${expected}, with reason ${reasons.join(" or ")}`, seen: told(error), advice }),
        )
  })

export const told = (error: ExportError | DestinationError): string =>
  `${error._tag} ${error.reason} (${error.recovery}): ${error.message}`

/** How long a server may take to notice that a client has gone, in milliseconds. */
export const Patience = Context.Reference<number>("@batch-exports/conformance/Patience", { defaultValue: () => 10_000 })

/** For what a server does a moment after the client has gone. Looks again and again, as long as there is patience. */
export const eventually = <A, R>(
  look: Effect.Effect<A, Broken, R>,
  holds: (seen: A) => boolean,
  otherwise: (seen: A) => { readonly expected: string; readonly seen: string; readonly advice: string },
): Effect.Effect<A, Broken, R> =>
  Effect.gen(function* () {
    const end = Date.now() + (yield* Patience)
    for (;;) {
      const seen = yield* look
      if (holds(seen)) return seen
      if (Date.now() > end) return yield* new Broken(otherwise(seen))
      yield* Effect.sleep("20 millis")
    }
  })
