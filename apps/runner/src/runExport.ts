/** Runs one export for one window: opens the source, attempts, and attempts again as the retry policy says. */
import { type ExportError, ExportWindow, type Run, type Window } from "@batch-exports/core"
import { Clock, Effect, type Schedule } from "effect"
import type { Export } from "./config/Config.ts"
import * as Retry from "./retry.ts"

export interface Options {
  readonly export: Export
  readonly window: Window.Window
  readonly runId: string
  readonly mode?: Run.Mode
  readonly onProgress?: ExportWindow.Request["onProgress"]
  /** Before each attempt. Asking again for a window that another run holds is none. */
  readonly onAttempt?: Effect.Effect<void>
  /** Told how many milliseconds it was waited for another run to let go of the window, whenever that is over. */
  readonly onWaited?: (milliseconds: number) => void
  /** Told of each failed attempt. */
  readonly onFailure?: (error: ExportError) => Effect.Effect<void>
  /** Told of each failed attempt that will be followed by another. */
  readonly onRetry?: (error: ExportError, attempt: number) => Effect.Effect<void>
  readonly limits?: Retry.Limits
  /** In place of `limits`: when to try again, and until when. */
  readonly patience?: Schedule.Schedule<unknown, ExportError>
  /** Put around each attempt. */
  readonly around?: <A>(attempt: Effect.Effect<A, ExportError>) => Effect.Effect<A, ExportError>
}

export interface Finished {
  readonly outcome: ExportWindow.Outcome
  readonly attempts: number
  readonly milliseconds: number
}

export const runExport = Effect.fn("runExport")(function* (options: Options): Effect.fn.Return<Finished, ExportError> {
  const started = yield* Clock.currentTimeMillis
  const limits = options.limits ?? Retry.defaults
  const around = options.around ?? ((attempt) => attempt)
  let attempts = 0
  let waitingSince: number | undefined

  const once = Effect.gen(function* () {
    const source = yield* options.export.source.open
    return yield* ExportWindow.exportWindow({
      source,
      destination: options.export.destination,
      run: {
        id: options.runId,
        export: options.export.name,
        window: options.window,
        mode: options.mode ?? "once",
      },
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    })
  }).pipe(Effect.scoped, around)

  const attempt = Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const result = yield* Effect.result(once)
    if (result._tag === "Failure" && result.failure.reason === "Busy") waitingSince ??= began
    else if (waitingSince !== undefined) {
      options.onWaited?.(began - waitingSince)
      waitingSince = undefined
    }
    return yield* Effect.fromResult(result)
  }).pipe(
    Effect.tapError((error) => options.onFailure?.(error) ?? Effect.void),
    Effect.tapError((error) => {
      const again = error.reason === "Busy" || (error.recovery !== "stop" && attempts <= limits.times)
      return again && options.onRetry !== undefined ? options.onRetry(error, attempts) : Effect.void
    }),
    Effect.retry(Retry.whileBusy),
  )

  const counted = Effect.suspend(() => {
    attempts += 1
    return Effect.andThen(options.onAttempt ?? Effect.void, attempt)
  })
  const outcome = yield* Effect.retry(counted, options.patience ?? Retry.policy(limits))
  return { outcome, attempts, milliseconds: (yield* Clock.currentTimeMillis) - started }
})
