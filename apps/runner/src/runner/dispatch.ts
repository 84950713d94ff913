/** Hands waiting runs to the engine, as far as there are free places. */
import { Clock, Effect } from "effect"
import { RunEngine } from "../engine/RunEngine.ts"
import * as Backfills from "../store/Backfills.ts"
import * as Exports from "../store/Exports.ts"
import type { Run } from "../store/Run.ts"
import * as Runs from "../store/Runs.ts"
import { current } from "./Definitions.ts"
import { Places } from "./places.ts"

/** Answers how many were handed over. */
export const dispatch = Effect.fn("dispatch")(function* (work: "everything" | "backfills" = "everything") {
  const { definitions, runner } = yield* current
  const now = yield* Clock.currentTimeMillis
  const waiting = yield* Runs.waiting(now, runner.concurrency)
  if (waiting.length === 0) return 0
  const engine = yield* RunEngine
  const paused = new Set((yield* Exports.all).filter(({ pausedAt }) => pausedAt !== null).map(({ name }) => name))
  const backfills = new Map((yield* Backfills.unfinished).map((backfill) => [backfill.id, backfill.concurrency]))
  const places = new Places(yield* Runs.occupied, {
    total: runner.concurrency,
    perDestination: runner.perDestination,
    ofRun: (run) =>
      run.backfillId === null
        ? (definitions.get(run.export)?.schedule?.concurrency ?? 1)
        : (backfills.get(run.backfillId) ?? 1),
  })
  let handed = 0
  for (const run of waiting) {
    if (work === "backfills" && run.backfillId === null) continue
    // A pause holds back what the schedule asks for; a backfill or a repair is somebody's wish of its own.
    if (run.origin !== "backfill" && run.origin !== "repair" && paused.has(run.export)) continue
    if (!places.take(run)) continue
    if (yield* Runs.dispatch(run.id)) {
      yield* engine.submit(execution(run))
      handed += 1
    }
  }
  return handed
})

const execution = ({ generation, id }: Run) => ({ runId: id, generation })

/**
 * Runs that the engine was given, or was about to be given when the process died, and that nobody works on. Submitting one
 * that the engine knows changes nothing; one that it has ended without a word in the state database must wait anew.
 */
export const reconcile = Effect.fn("reconcile")(function* (silence: number) {
  const engine = yield* RunEngine
  const now = yield* Clock.currentTimeMillis
  for (const run of yield* Runs.silentSince(now - silence)) {
    const status = yield* engine.status(execution(run))
    if (status === "under way") continue
    if (status === "unknown") {
      yield* engine.submit(execution(run))
      continue
    }
    yield* Effect.logWarning("a run ended without a result; it is begun again").pipe(
      Effect.annotateLogs({ export: run.export, run: run.id }),
    )
    yield* Runs.again(run)
  }
})

export const cancelRequested = Effect.gen(function* () {
  const engine = yield* RunEngine
  for (const { generation, id } of yield* Runs.cancelRequests) yield* engine.cancel({ runId: id, generation })
})
