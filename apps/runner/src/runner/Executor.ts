/** Carries one execution of a run out, from its row in the state database to its row in the state database. */
import { type ExportError, Window } from "@batch-exports/core"
import { Cause, Clock, Context, DateTime, Effect, Exit, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import type { Execution } from "../engine/RunEngine.ts"
import { committedBy } from "../held.ts"
import { type Finished, runExport } from "../runExport.ts"
import * as Exports from "../store/Exports.ts"
import { patiently } from "../store/patiently.ts"
import type { Run } from "../store/Run.ts"
import * as Runs from "../store/Runs.ts"
import { Catalogue, found } from "./Catalogue.ts"
import { current, type Definition, type Definitions } from "./Definitions.ts"
import { Executions } from "./Executions.ts"
import * as Failures from "./failures.ts"
import { Notifier } from "./Notifier.ts"
import { patience } from "./patience.ts"
import * as Metrics from "./metrics.ts"
import { log } from "./runLog.ts"
import { Self } from "./Self.ts"
import { stalled } from "./stalled.ts"

/** How long a cancelled run waits to hear what of it was committed. */
const LOOK_UP = "30 seconds"

export class Executor extends Context.Service<
  Executor,
  { readonly execute: (execution: Execution) => Effect.Effect<void> }
>()("batch-exports/Executor") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const context = yield* Effect.context<
        SqlClient.SqlClient | Catalogue | Definitions | Executions | Notifier | Self
      >()
      return {
        // Without the state database nothing can be said or done: the engine begins the run again.
        execute: (execution) =>
          execute(execution).pipe(Effect.orDie, Effect.withTracerEnabled(true), Effect.provideContext(context)),
      }
    }),
  )
}

const execute = Effect.fn("executeRun")(function* (execution: Execution) {
  const executions = yield* Executions
  // Another runner takes it, or the next process.
  if (yield* executions.isClosed) return yield* Effect.never
  const { id: runner } = yield* Self
  const run = yield* patiently(Runs.take({ id: execution.runId, generation: execution.generation }, runner))
  if (run === undefined) return
  yield* Effect.annotateCurrentSpan({ export: run.export, run: run.id })
  const definition = yield* patiently(found(run.export))
  if (definition === undefined) return yield* patiently(undefinedHere(run))
  if (run.cancelRequested) return yield* cancelled(run, definition)
  if (run.state === "running") {
    yield* patiently(log(run, "warn", "begun again: the runner was stopped in the middle"))
  }

  const committed = { parts: 0 }
  const ended = yield* Effect.gen(function* () {
    const word = yield* executions.enter(run.id)
    return yield* Effect.raceFirst(Effect.exit(attempts(run, definition, committed)), word)
  }).pipe(Effect.scoped)

  if (ended === "cancelled") return yield* cancelled(run, definition)
  if (ended === "stopping") {
    const what = `rolled back${committed.parts === 0 ? "" : ", but for what is committed"}`
    const then = "since the runner is stopping; it is begun again by another, or when the runner starts"
    yield* log(run, "info", `${what}, ${then}`)
    // The engine must not take this for an end: it waits here until the process is gone.
    return yield* Effect.never
  }
  if (Exit.isSuccess(ended)) return yield* completed(run, ended.value, definition.export.destination.place)
  if (!Cause.hasInterruptsOnly(ended.cause)) return yield* failed(run, ended.cause, committed.parts)
  // The run has become somebody else's. Another runner answers for the same execution, and the engine must hear one answer.
  const now = yield* patiently(Runs.get(run.id))
  if (now?.generation === run.generation && now.claim !== run.claim) return yield* Effect.never
})

/** While configurations are being replaced, another runner may know the export. */
const undefinedHere = Effect.fnUntraced(function* (run: Run) {
  const state = yield* Exports.get(run.export)
  if (state !== undefined && state.removedAt === null) {
    yield* log(run, "warn", "given back: the configuration of this runner does not have the export")
    return yield* Runs.giveBack(run, (yield* Clock.currentTimeMillis) + 5_000)
  }
  const failure = Failures.removed(run.export)
  if (yield* Runs.skipped(run, failure)) yield* log(run, "warn", `skipped: ${failure.message}`)
})

/** Ends when the run is found to be somebody else's, who took it while this runner was not heard of. */
const heartbeats = (run: Run, bytes: () => number) =>
  Effect.suspend(() => Runs.heartbeat(run, bytes())).pipe(
    // What the state does not answer is no answer.
    Effect.orElseSucceed(() => true),
    Effect.withTracerEnabled(false),
    Effect.delay("2 seconds"),
    Effect.repeat({ while: (isOurs) => isOurs }),
    Effect.andThen(Effect.interrupt),
  )

/**
 * The run as the ledger knows it. A ledger does not take the same run twice, even by force: that would be a second copy for one
 * lost answer. Another wish is another run.
 */
const asked = (run: Run) => ({
  id: run.wish === 0 ? run.id : `${run.id}-${run.wish}`,
  export: run.export,
  window: new Window.Window({
    start: DateTime.makeUnsafe(run.window.start),
    end: DateTime.makeUnsafe(run.window.end),
  }),
})

const attempts = Effect.fnUntraced(function* (run: Run, definition: Definition, committed: { parts: number }) {
  const { runner } = yield* current
  const meter = { bytes: 0, attempt: run.attempts, waited: 0 }
  const { id, window } = asked(run)
  const context = yield* Effect.context<SqlClient.SqlClient>()
  const exported = runExport({
    export: definition.export,
    window,
    runId: id,
    mode: run.mode,
    onAttempt: Effect.gen(function* () {
      meter.bytes = 0
      meter.attempt += 1
      if (!(yield* patiently(Runs.attemptStarted(run)))) return yield* Effect.interrupt
      yield* patiently(log(run, "info", `attempt ${meter.attempt}: ${Window.format(window)}`))
    }).pipe(Effect.orDie, Effect.provideContext(context)),
    onProgress: ({ bytes }) => {
      meter.bytes = bytes
    },
    onWaited: (milliseconds) => {
      meter.waited += milliseconds
    },
    onPart: ({ left, of, outcome, window }) =>
      Effect.gen(function* () {
        committed.parts += 1
        const rows = outcome._tag === "Exported" ? outcome.stored.received : 0
        yield* patiently(log(run, "info", `sub-window ${of - left} of ${of}: ${rows} rows, ${Window.format(window)}`))
      }).pipe(Effect.orDie, Effect.provideContext(context)),
    onFailure: (error) =>
      Metrics.attemptFailed(run, error.reason).pipe(
        Effect.andThen(patiently(log(run, "warn", `attempt ${meter.attempt}: ${Failures.describe(error)}`))),
        Effect.orDie,
        Effect.provideContext(context),
      ),
    around: stalled(() => meter.bytes, runner.stallTimeout),
    patience: () => patience(runner.retryFor, () => meter.waited),
  })
  return yield* Effect.raceFirst(
    exported,
    heartbeats(run, () => meter.bytes),
  )
})

const completed = Effect.fnUntraced(function* (
  run: Run,
  { milliseconds, outcome }: Finished,
  place: string | undefined,
) {
  if (!(yield* patiently(Runs.completed(run, outcome, place)))) return
  const counted =
    outcome._tag === "AlreadyExported" ? { rows: 0, bytes: 0 } : { rows: outcome.stored.received, bytes: outcome.bytes }
  yield* Metrics.ended(run, "completed", { ...counted, milliseconds })
  const what =
    outcome._tag === "AlreadyExported"
      ? "already exported: 0 new rows"
      : `${outcome.stored.received} rows, ${outcome.bytes} bytes in ${milliseconds} ms`
  yield* log(run, "info", `completed: ${what}`)
  for (const notice of outcome.notices) yield* log(run, "info", notice)
  const notifier = yield* Notifier
  yield* notifier.completed(run)
})

/** The word may come while COMMIT is on its way, and then too late: what happened is asked of the ledger, and not guessed. */
const cancelled = Effect.fnUntraced(function* (run: Run, { export: { destination } }: Definition) {
  const hasLedger = destination.plugin.capabilities.ledger === "transactional"
  const found = hasLedger
    ? yield* committedBy(destination, asked(run)).pipe(Effect.timeout(LOOK_UP), Effect.option)
    : Option.none()
  if (Option.isSome(found) && found.value.whole) {
    const { bytes, rows } = found.value
    if (!(yield* patiently(Runs.foundCommitted(run, found.value, destination.place)))) return
    yield* Metrics.ended(run, "completed", { rows, bytes, milliseconds: 0 })
    yield* log(run, "info", `completed: ${rows} rows, ${bytes} bytes were committed before the run could be cancelled`)
    const notifier = yield* Notifier
    return yield* notifier.completed(run)
  }
  if (!(yield* patiently(Runs.cancelled(run)))) return
  yield* Metrics.ended(run, "cancelled")
  const left = Option.isSome(found)
    ? found.value.parts === 0
      ? "the ledger holds nothing of this run"
      : `the sub-windows that were committed (${found.value.parts}) stay`
    : hasLedger
      ? "the ledger could not be asked whether anything of this run was committed"
      : "what was published of it before stays"
  yield* log(run, "info", `cancelled: ${left}`)
})

const failed = Effect.fnUntraced(function* (run: Run, cause: Cause.Cause<ExportError>, parts: number) {
  const failure = Failures.ofCause(cause)
  if (!(yield* patiently(Runs.failed(run, failure)))) return
  yield* Metrics.ended(run, "failed")
  yield* log(run, "error", `failed: ${Failures.describe(failure)}. To do: ${failure.remedy}`)
  if (parts > 0) yield* log(run, "info", `sub-windows that were committed stay: ${parts}; a retry goes on after them`)
  const notifier = yield* Notifier
  yield* notifier.failed(run, failure)
})
