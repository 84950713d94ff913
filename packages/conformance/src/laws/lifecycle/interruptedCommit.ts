import { Effect, Fiber } from "effect"
import { exported, persistently, standard } from "../../drive/exported.ts"
import { commitAll, opened, writeAll } from "../../drive/steps.ts"
import { complete, missingOf, tidy } from "../../drive/state.ts"
import { hours } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

/** Moments after the commit has been asked for, from none to more than it takes. */
const delays = [0, 0, 1, 2, 4, 8]

export const interruptedCommit: Law = {
  name: "lifecycle/interrupted-commit",
  says: "An export that is cancelled while it commits has committed or has not: rows and ledger agree, and the next run completes it.",
  when: ({ ledger }) => (ledger === "transactional" ? { form: "holds", covers: ["ledger transactional"] } : undefined),
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const done = []
    for (const [hour, millis] of delays.entries()) {
      const wanted = standard(bench, { window: hours(hour, hour + 1) })
      yield* Effect.gen(function* () {
        const sink = yield* opened(world, wanted)
        const rows = yield* writeAll(bench, sink, wanted)
        const fiber = yield* Effect.forkChild(commitAll(sink, rows))
        yield* millis === 0 ? Effect.yieldNow : Effect.sleep(millis)
        yield* Fiber.interrupt(fiber)
      }).pipe(Effect.scoped)
      const when = "an interrupted commit"
      const missing = yield* missingOf(world, wanted)
      if (missing.length === 0) yield* complete(bench, world, wanted, [...done, wanted.window], when)
      else yield* complete(bench, world, wanted, done, when)
      yield* persistently(bench, world, wanted)
      done.push(wanted.window)
      yield* complete(bench, world, wanted, done, `${when} and another run`)
      yield* tidy(world, when)
    }
    const again = yield* expect.succeeds(
      exported(bench, world, { window: hours(0, delays.length) }),
      "a run over all of these windows succeeds",
      "The ledger knows what was committed.",
    )
    yield* expect.that(again._tag === "AlreadyExported", {
      expected: "nothing is missing at the end",
      seen: again._tag,
      advice: "Let an interruption wait until the outcome of a commit is known: `Effect.uninterruptible`.",
    })
  }),
}
