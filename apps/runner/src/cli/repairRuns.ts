/** The runs of a repair: handed to the runner that holds the state, so that they outlive this command, or made here where there is none. */
import { type ExportError, Run, Window } from "@batch-exports/core"
import { Clock, DateTime, Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Export } from "../config/Config.ts"
import { runExport } from "../runExport.ts"
import { isFinished } from "../store/Run.ts"
import * as Runs from "../store/Runs.ts"
import type { Repair } from "../verify/repair.ts"
import { findState } from "./control.ts"
import type * as Flags from "./flags.ts"
import * as Progress from "./progress.ts"
import { onRetry } from "./run.ts"
import { isRunning, withState } from "./state.ts"

export interface Repaired {
  readonly window: Window.Window
  readonly run: string
  readonly stored: Run.Stored
  readonly error?: string
}

/** Ends with the first window that fails: the others would meet the same. */
export const here = Effect.fnUntraced(function* (definition: Export, { mode, windows }: Repair, json: boolean) {
  const done: Array<Repaired> = []
  for (const window of windows) {
    const runId = randomUUID()
    const repaired = yield* Effect.gen(function* () {
      const progress = yield* Progress.make(`${definition.name}  ${Window.format(window)}`, { enabled: !json })
      const onProgress = ({ bytes }: { readonly bytes: number }) => progress.update(bytes)
      const { outcome } = yield* runExport({ export: definition, window, runId, mode, onProgress, onRetry })
      return { window, run: runId, stored: outcome._tag === "Exported" ? outcome.stored : Run.emptyStored }
    }).pipe(
      Effect.scoped,
      Effect.catch((error: ExportError) =>
        Effect.succeed({
          window,
          run: runId,
          stored: Run.emptyStored,
          error: `${error.reason}: ${error.message}. ${error.remedy}`,
        }),
      ),
    )
    done.push(repaired)
    if ("error" in repaired) break
  }
  return done
})

/** Milliseconds. A runner that its supervisor starts again is back by then. */
const ABSENCE = 30_000

export const byRunner = (
  definition: Export,
  { mode, windows }: Repair,
  flags: Flags.Asked & { readonly json: boolean },
  absence = ABSENCE,
) =>
  Effect.gen(function* () {
    yield* findState(definition.name, flags.json)
    const ids = yield* Effect.forEach(windows, (window) =>
      Effect.flatMap(Clock.currentTimeMillis, (dueAt) =>
        Runs.insert({
          export: definition.name,
          destination: definition.destinationName,
          origin: "repair",
          mode,
          window: { start: DateTime.toEpochMillis(window.start), end: DateTime.toEpochMillis(window.end) },
          dueAt,
        }),
      ),
    )
    return yield* Effect.forEach(ids, (id, index) => ended(id, windows[index]!, isRunning(flags), absence))
  }).pipe(withState(flags))

/** Waits for as long as the runner needs, while there is one. Who does not want to wait may leave: the run goes on. */
const ended = Effect.fnUntraced(function* <E, R>(
  id: string,
  window: Window.Window,
  isThere: Effect.Effect<boolean, E, R>,
  absence: number,
) {
  const failed = (error: string): Repaired => ({ window, run: id, stored: Run.emptyStored, error })
  let seen = yield* Clock.currentTimeMillis
  let looked = 0
  for (;;) {
    const run = yield* Runs.get(id)
    if (run === undefined) return failed("the run was removed")
    if (run.state === "completed") return { window, run: id, stored: run.stored ?? Run.emptyStored } satisfies Repaired
    if (isFinished(run.state)) return failed(run.error?.message ?? `the run was ${run.state}`)
    const now = yield* Clock.currentTimeMillis
    if (now - looked >= 3_000) {
      looked = now
      if (yield* isThere) seen = now
    }
    if (now - seen > absence) return failed("the runner has stopped: the run goes on when it is started")
    yield* Effect.sleep("300 millis")
  }
})
