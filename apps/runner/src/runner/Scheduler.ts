/** What repeats while a runner lives. One process of a cluster does the planning; each looks after its own runs. */
import { Clock, Context, Effect, Layer, Ref } from "effect"
import { Singleton } from "effect/cluster"
import { backfilling } from "./backfill.ts"
import { cancelRequested, dispatch, reconcile } from "./dispatch.ts"
import { Executions } from "./Executions.ts"
import { countingLate, PAUSE } from "./lateRows.ts"
import { planDue } from "./planDue.ts"
import { leave, present } from "./presence.ts"
import { Self } from "./Self.ts"
import { forgetOld, trustLedger } from "./upkeep.ts"

/** What is to be done: everything, or, in a command that stands in for a runner, only what backfills ask for. */
export class Work extends Context.Reference<"everything" | "backfills">("batch-exports/Work", {
  defaultValue: () => "everything",
}) {
  static readonly layer = (work: "everything" | "backfills") => Layer.succeed(this, work)
}

const TICK = "500 millis"

/** A heartbeat is two seconds: nobody works on a run that has been silent for so long. */
const SILENCE = 60_000

/** Whatever goes wrong in one round is said, and the next is gone all the same. */
const repeat = <E, R>(what: string, pause: Effect.Effect<void>, round: Effect.Effect<unknown, E, R>) =>
  round.pipe(
    Effect.catchCause((cause) => Effect.logError(`${what} failed; it is tried again`, cause)),
    Effect.andThen(pause),
    Effect.forever,
  )

const planning = Effect.fnUntraced(function* () {
  const { plannedAt } = yield* Self
  // Another runner does the planning from then on.
  yield* Effect.addFinalizer(() => Ref.set(plannedAt, null))
  const work = yield* Work
  const executions = yield* Executions
  const advanceBackfills = yield* backfilling
  const countLate = yield* countingLate()
  // What a process that died was about to do comes first.
  yield* Effect.ignore(reconcile(0))
  const round = Effect.gen(function* () {
    if (yield* executions.isClosed) return
    if (work === "everything") yield* planDue()
    yield* advanceBackfills
    yield* dispatch(work)
    yield* Ref.set(plannedAt, yield* Clock.currentTimeMillis)
  })
  yield* Effect.all(
    [
      repeat("planning", executions.awaitEnd(TICK), round),
      repeat("looking for lost runs", Effect.sleep("20 seconds"), reconcile(SILENCE)),
      ...(work === "everything"
        ? [
            repeat("comparing with the ledger", Effect.sleep("10 minutes"), Effect.delay(trustLedger(), "1 minute")),
            Effect.delay(repeat("counting late rows", Effect.sleep(PAUSE), countLate()), "10 minutes"),
          ]
        : []),
      repeat("forgetting what is old", Effect.sleep("10 minutes"), forgetOld()),
    ],
    { concurrency: "unbounded", discard: true },
  )
}, Effect.scoped)

export const layer = Layer.mergeAll(
  Singleton.make("batch-exports/planning", planning()),
  Layer.effectDiscard(Effect.forkScoped(repeat("cancelling", Effect.sleep(TICK), cancelRequested))),
  Layer.effectDiscard(
    Effect.gen(function* () {
      yield* Effect.addFinalizer(() => leave)
      yield* Effect.forkScoped(repeat("saying that this runner is there", Effect.sleep("2 seconds"), present))
    }),
  ),
)
