/** Runs one step of a check, reports how it went, and hands on what it found. */
import type { CheckStep, DestinationError } from "@batch-exports/core"
import { Clock, Effect } from "effect"

export type Report = (step: CheckStep) => Effect.Effect<unknown>

export const stepper =
  (report: Report) =>
  <A>(
    id: string,
    title: string,
    effect: Effect.Effect<A, DestinationError>,
    detail: (value: A) => string | undefined,
  ): Effect.Effect<A, DestinationError> =>
    Effect.gen(function* () {
      const started = yield* Clock.currentTimeMillis
      const result = yield* Effect.result(effect)
      const durationMillis = (yield* Clock.currentTimeMillis) - started
      if (result._tag === "Failure") {
        yield* report(failed(id, title, result.failure, durationMillis))
        return yield* result.failure
      }
      const said = detail(result.success)
      yield* report({ id, title, status: "passed", durationMillis, ...(said === undefined ? {} : { detail: said }) })
      return result.success
    })

export const failed = (id: string, title: string, error: DestinationError, durationMillis: number): CheckStep => ({
  id,
  title,
  status: "failed",
  detail: error.message,
  remedy: error.remedy,
  durationMillis,
})
