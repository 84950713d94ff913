/** What follows from a run's end beyond its own row: the pause of an export that keeps failing, and word to its people. */
import { shellWord } from "@batch-exports/core"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { Event } from "../config/RunnerSettings.ts"
import * as Exports from "../store/Exports.ts"
import type { Failure, Run } from "../store/Run.ts"
import * as Runs from "../store/Runs.ts"
import { current, Definitions } from "./Definitions.ts"
import { type Notice, Webhooks } from "./Webhooks.ts"

export class Notifier extends Context.Service<
  Notifier,
  {
    readonly completed: (run: Run) => Effect.Effect<void>
    readonly failed: (run: Run, failure: Failure) => Effect.Effect<void>
  }
>()("batch-exports/Notifier") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const context = yield* Effect.context<SqlClient.SqlClient | Definitions | Webhooks>()
      return {
        completed: (run) => completed(run).pipe(contained, Effect.provideContext(context)),
        failed: (run, failure) => failed(run, failure).pipe(contained, Effect.provideContext(context)),
      }
    }),
  )
}

/** The run has ended whatever becomes of the word about it. */
const contained = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> =>
  effect.pipe(
    Effect.asVoid,
    Effect.catch(() => Effect.logWarning("the end of a run could not be followed up")),
  )

const send = (notice: Notice) => Effect.flatMap(Webhooks, (webhooks) => webhooks.send(notice))

const notice = (event: Event, run: Run, text: string, error: Failure | null = null): Notice => ({
  event,
  export: run.export,
  run: run.id,
  window: `${new Date(run.window.start).toISOString()}/${new Date(run.window.end).toISOString()}`,
  text,
  error,
})

const failed = Effect.fnUntraced(function* (run: Run, failure: Failure) {
  const what = `export "${run.export}"`
  yield* send(notice("failed", run, `${what}: a run failed: ${failure.message}. ${failure.remedy}`, failure))
  if (run.origin !== "schedule") return
  yield* Exports.failing(run.export)
  const { autoPauseAfter } = (yield* current).runner
  if ((yield* Runs.failuresInARow(run.export, autoPauseAfter)) < autoPauseAfter) return
  const runs = autoPauseAfter === 1 ? "a failed run" : `${autoPauseAfter} failed runs in a row`
  const reason = `paused by the runner after ${runs}: ${failure.reason}`
  if (!(yield* Exports.pause(run.export, reason))) return
  yield* Effect.logError(reason).pipe(Effect.annotateLogs({ export: run.export }))
  const remedy = `${failure.remedy} Then: batch-exports resume ${shellWord(run.export)}`
  yield* send(notice("paused", run, `${what} was ${reason}. ${remedy}`, failure))
})

const completed = Effect.fnUntraced(function* (run: Run) {
  if (run.origin !== "schedule" || !(yield* Exports.works(run.export))) return
  yield* send(notice("recovered", run, `export "${run.export}" works again`))
})
