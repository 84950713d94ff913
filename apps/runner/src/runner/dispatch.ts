/** Hands waiting runs to the engine, as far as there are free places. */
import { Clock, Effect } from "effect"
import { RunEngine } from "../engine/RunEngine.ts"
import * as Backfills from "../store/Backfills.ts"
import { exclusively } from "../store/exclusively.ts"
import * as Exports from "../store/Exports.ts"
import type { Run } from "../store/Run.ts"
import * as Runs from "../store/Runs.ts"
import { current } from "./Definitions.ts"
import { Places } from "./places.ts"

/** Answers how many were handed over. */
export const dispatch = Effect.fn("dispatch")(function* (work: "everything" | "backfills" = "everything") {
  const { runner } = yield* current
  const now = yield* Clock.currentTimeMillis
  if ((yield* Runs.waiting(now, runner.concurrency)).length === 0) return 0
  // A runner that was thought dead may still be planning: together they must not take more places than there are.
  const taken = yield* take(work, now).pipe(exclusively("dispatch"))
  const engine = yield* RunEngine
  for (const run of taken) yield* engine.submit(execution(run))
  return taken.length
})

/** Takes places for runs that wait. Whoever dies between this and the engine's receipt leaves them to `reconcile`. */
const take = Effect.fnUntraced(function* (work: "everything" | "backfills", now: number) {
  const { definitions, runner } = yield* current
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
  const taken: Array<Run> = []
  for (const run of yield* Runs.waiting(now, runner.concurrency)) {
    if (work === "backfills" && run.backfillId === null) continue
    // A pause holds back what the schedule asks for; a backfill or a repair is somebody's wish of its own.
    if (run.origin !== "backfill" && run.origin !== "repair" && paused.has(run.export)) continue
    if (places.take(run) && (yield* Runs.dispatch(run.id))) taken.push(run)
  }
  return taken
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
