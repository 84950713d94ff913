/** Checks, step by step, that an export could read: each step needs the ones before it, so the first failure is the last step. */
import type { CheckStep, SourceError } from "@batch-exports/core"
import { Clock, Effect, Result, type Scope, Stream } from "effect"
import type { Config } from "../Config.ts"
import type { Selection } from "../Selection.ts"
import { encryptionStep, reachStep } from "./network.ts"
import { querySteps } from "./queries.ts"

/** What a step found out. `skipped`: nothing is wrong, but the user should know what is not there. */
export type Found = string | { readonly skipped: string; readonly remedy?: string }

export interface Step {
  readonly id: string
  readonly title: string
  readonly run: Effect.Effect<Found, SourceError, Scope.Scope>
}

export const check = (config: Config, selection: Selection): Stream.Stream<CheckStep> =>
  Stream.unwrap(
    Effect.map(querySteps(config, selection), (queries) =>
      Stream.fromIterable([reachStep(config), encryptionStep(config), ...queries], { chunkSize: 1 }).pipe(
        Stream.mapEffect(attempt),
        Stream.takeUntil((step) => step.status === "failed"),
      ),
    ),
  )

const attempt = Effect.fnUntraced(function* ({ id, run, title }: Step): Effect.fn.Return<CheckStep> {
  const started = yield* Clock.currentTimeMillis
  const result = yield* Effect.result(Effect.scoped(run))
  const durationMillis = (yield* Clock.currentTimeMillis) - started
  const step = { id, title, durationMillis }
  if (Result.isFailure(result)) {
    const { message, remedy } = result.failure
    return { ...step, status: "failed", detail: message, remedy }
  }
  if (typeof result.success === "string") return { ...step, status: "passed", detail: result.success }
  const { remedy, skipped } = result.success
  return { ...step, status: "skipped", detail: skipped, ...(remedy === undefined ? {} : { remedy }) }
})
