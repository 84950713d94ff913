/** The steps of a check: reach the store, be let in, look at the table. */
import type { CheckStep, Model, Run } from "@batch-exports/core"
import { type DestinationError, Window } from "@batch-exports/core"
import { Clock, DateTime, Effect, Stream } from "effect"
import { connect } from "./connect.ts"
import type { Parts } from "./Parts.ts"
import { survey } from "./sink.ts"

const steps = [
  ["connect", "Reach the store"],
  ["authenticate", "Be let in"],
  ["table", "Take the model's records"],
] as const

export const check = (options: {
  readonly address: { readonly host: string; readonly port: number }
  readonly password: string
  readonly table: string
  readonly encodings: readonly [string, ...Array<string>]
  readonly parts: Parts
  readonly model: Model.Model
}): Stream.Stream<CheckStep> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const started = yield* Clock.currentTimeMillis
      const failed = yield* Effect.gen(function* () {
        const connection = yield* connect(options.address, options.password)
        yield* survey(connection, trial(options), options.table, options.encodings, options.parts)
      }).pipe(
        Effect.scoped,
        Effect.match({ onSuccess: () => undefined, onFailure: (error: DestinationError) => error }),
      )
      const durationMillis = (yield* Clock.currentTimeMillis) - started
      const at = failed === undefined ? steps.length : stepOf(failed)
      return Stream.fromIterable(
        steps.slice(0, at + 1).map(([id, title], index): CheckStep => {
          if (failed === undefined || index < at) return { id, title, status: "passed", durationMillis }
          return { id, title, status: "failed", detail: failed.message, remedy: failed.remedy, durationMillis }
        }),
      )
    }),
  )

const stepOf = ({ reason }: DestinationError): number => {
  if (reason === "AuthenticationFailed") return 1
  return reason === "ConnectionFailed" || reason === "HostNotFound" || reason === "ConnectionLost" ? 0 : 2
}

const trial = ({ encodings, model }: Parameters<typeof check>[0]): Run.Run => ({
  id: "check",
  export: "check",
  model,
  definition: "check",
  window: new Window.Window({ start: DateTime.makeUnsafe(0), end: DateTime.makeUnsafe(1) }),
  mode: "once",
  defensive: false,
  offers: encodings,
})
