/** Runs one export for one window: opens the source, attempts, and attempts again as the retry policy says. */
import { type ExportError, ExportWindow, type Run, type Source, type Window } from "@batch-exports/core"
import { Clock, Effect, type Schedule, type Scope } from "effect"
import type { Export } from "./config/Config.ts"
import * as Cutting from "./cutting.ts"
import * as Retry from "./retry.ts"

export interface Options {
  readonly export: Export
  readonly window: Window.Window
  readonly runId: string
  readonly mode?: Run.Mode
  /** Told how much was sent, of all sub-windows together. */
  readonly onProgress?: (progress: { readonly bytes: number }) => void
  /** Before each attempt. Asking again for a window that another run holds is none, and so is going on with the next sub-window. */
  readonly onAttempt?: Effect.Effect<void>
  /** Told how many milliseconds it was waited for another run to let go of the window, whenever that is over. */
  readonly onWaited?: (milliseconds: number) => void
  /** Told of each failed attempt. */
  readonly onFailure?: (error: ExportError) => Effect.Effect<void>
  /** Told of each failed attempt that will be followed by another. */
  readonly onRetry?: (error: ExportError, attempt: number) => Effect.Effect<void>
  /** Told of each sub-window that is exported, where the run is cut. */
  readonly onPart?: (part: Part) => Effect.Effect<void>
  readonly limits?: Retry.Limits
  /** In place of `limits`: when to try again, and until when. Each sub-window has as much of it. */
  readonly patience?: () => Schedule.Schedule<unknown, ExportError>
  /** Put around each attempt. */
  readonly around?: <A>(attempt: Effect.Effect<A, ExportError>) => Effect.Effect<A, ExportError>
}

export interface Part {
  readonly window: Window.Window
  /** Sub-windows that are left, and those that this attempt of the run began with. */
  readonly left: number
  readonly of: number
  readonly outcome: ExportWindow.Outcome
}

export interface Finished {
  readonly outcome: ExportWindow.Outcome
  readonly attempts: number
  readonly milliseconds: number
}

export const runExport = Effect.fn("runExport")(function* (options: Options): Effect.fn.Return<Finished, ExportError> {
  const started = yield* Clock.currentTimeMillis
  const run = { id: options.runId, export: options.export.name, window: options.window, mode: options.mode ?? "once" }
  const { destination, subWindows } = options.export
  const attempts = { made: 0 }
  const sent = new Map<Window.Window, number>()
  let left = 0

  const exportPart = Effect.fnUntraced(function* (
    source: Source.Opened,
    { window }: Source.Cut,
    of: number,
    into = destination,
  ) {
    const outcome = yield* ExportWindow.exportWindow({
      source,
      destination: into,
      run: { ...run, window },
      onProgress: ({ bytes }) => {
        sent.set(window, bytes)
        options.onProgress?.({ bytes: [...sent.values()].reduce((all, each) => all + each, 0) })
      },
    })
    left -= 1
    if (of > 1) yield* options.onPart?.({ window, outcome, left, of }) ?? Effect.void
    return outcome
  })

  const first = yield* persistently(options, attempts, (source) =>
    Effect.gen(function* () {
      const work = yield* Cutting.workOf({ source, destination, run, limits: subWindows })
      const { before, parts } = work
      left = parts.length
      if (before?._tag === "Exported") sent.set(run.window, before.bytes)
      const [part, ...others] = parts
      const outcome = part === undefined ? undefined : yield* exportPart(source, part, parts.length, work.destination)
      return {
        others,
        of: parts.length,
        outcomes: [before, outcome && Cutting.openedFor(outcome, work.opening)].filter((one) => one !== undefined),
        // Of a record in two of them the newer one comes last, also where the target has no version to tell it by.
        parallel: source.model.identity._tag === "Upsert" ? 1 : (subWindows?.parallel ?? 1),
      }
    }),
  )
  const others = yield* Effect.forEach(
    first.others,
    (part) => persistently(options, attempts, (source) => exportPart(source, part, first.of)),
    { concurrency: first.parallel },
  )
  return {
    outcome: Cutting.total([...first.outcomes, ...others]),
    attempts: attempts.made,
    milliseconds: (yield* Clock.currentTimeMillis) - started,
  }
})

/** With a newly opened source each time. */
const persistently = <A>(
  options: Options,
  attempts: { made: number },
  work: (source: Source.Opened) => Effect.Effect<A, ExportError, Scope.Scope>,
): Effect.Effect<A, ExportError> =>
  Effect.suspend(() => {
    const limits = options.limits ?? Retry.defaults
    const around = options.around ?? ((attempt) => attempt)
    const isFirst = attempts.made === 0
    let tried = 0
    let waitingSince: number | undefined

    const once = options.export.source.open.pipe(
      Effect.flatMap(rememberingEnd),
      Effect.flatMap(work),
      Effect.scoped,
      around,
    )

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
        const again = error.reason === "Busy" || (error.recovery !== "stop" && tried <= limits.times)
        return again && options.onRetry !== undefined ? options.onRetry(error, attempts.made) : Effect.void
      }),
      Effect.retry(Retry.whileBusy),
    )

    const counted = Effect.suspend(() => {
      tried += 1
      if (tried === 1 && !isFirst) return attempt
      attempts.made += 1
      return Effect.andThen(options.onAttempt ?? Effect.void, attempt)
    })
    return Effect.retry(counted, options.patience?.() ?? Retry.policy(limits))
  })

/** A window that had ended a moment ago has ended: it is asked once whether it has. */
const rememberingEnd = Effect.fnUntraced(function* (source: Source.Opened): Effect.fn.Return<Source.Opened> {
  const now = yield* Effect.cached(source.now)
  return source.watermark === undefined
    ? { ...source, now }
    : { ...source, now, watermark: yield* Effect.cached(source.watermark) }
})
