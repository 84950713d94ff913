/** Runs one export for one window: opens the source, attempts, and attempts again as the retry policy says. */
import { type ExportError, ExportWindow, type Window } from "@batch-exports/core"
import { Clock, Effect } from "effect"
import type { Export } from "./config/Config.ts"
import * as Retry from "./retry.ts"

export interface Options {
  readonly export: Export
  readonly window: Window.Window
  readonly runId: string
  readonly onProgress?: ExportWindow.Request["onProgress"]
  /** Told of each failed attempt that will be followed by another. */
  readonly onRetry?: (error: ExportError, attempt: number) => Effect.Effect<void>
  readonly limits?: Retry.Limits
}

export interface Finished {
  readonly outcome: ExportWindow.Outcome
  readonly attempts: number
  readonly milliseconds: number
}

export const runExport = Effect.fn("runExport")(function* (options: Options): Effect.fn.Return<Finished, ExportError> {
  const started = yield* Clock.currentTimeMillis
  const limits = options.limits ?? Retry.defaults
  let attempts = 0

  const attempt = Effect.gen(function* () {
    const source = yield* options.export.source.open
    return yield* ExportWindow.exportWindow({
      source,
      destination: options.export.destination,
      run: { id: options.runId, export: options.export.name, window: options.window, mode: "once" },
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    })
  }).pipe(
    Effect.scoped,
    Effect.tapError((error) => {
      const again = error.reason === "Busy" || (error.recovery !== "stop" && attempts <= limits.times)
      return again && options.onRetry !== undefined ? options.onRetry(error, attempts) : Effect.void
    }),
    Effect.retry(Retry.whileBusy),
  )

  const counted = Effect.suspend(() => {
    attempts += 1
    return attempt
  })
  const outcome = yield* Effect.retry(counted, Retry.policy(limits))
  return { outcome, attempts, milliseconds: (yield* Clock.currentTimeMillis) - started }
})
