import { Effect, Fiber } from "effect"
import { held } from "../../drive/Feed.ts"
import { exported, standard } from "../../drive/exported.ts"
import { sizeOf } from "../../drive/steps.ts"
import { complete, nothing, tidy } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const interruptedWrite: Law = {
  name: "lifecycle/interrupted-write",
  says: "An export that is cancelled while it writes ends at once, and leaves no row, table, lock, file or connection.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    for (const part of [0, 0.5, 1]) {
      const world = yield* bench.fresh
      const wanted = standard(bench)
      const size = yield* sizeOf(bench, world, wanted)
      const hold = yield* held(Math.floor(size * part))
      const fiber = yield* Effect.forkChild(exported(bench, world, { ...wanted, feed: hold.feed }))
      // A destination that fails before it reads would never let go of us otherwise.
      yield* Effect.raceFirst(hold.reached, Effect.exit(Fiber.join(fiber)))
      yield* Fiber.interrupt(fiber)
      yield* hold.release
      const when = `an interruption after ${Math.floor(size * part)} of ${size} bytes`
      if (bench.plugin.capabilities.visibility === "window") yield* nothing(world, wanted, when)
      yield* expect.succeeds(
        exported(bench, world, wanted),
        `the next run succeeds after ${when}`,
        "Release locks and claims when the scope closes.",
      )
      yield* complete(bench, world, wanted, [wanted.window], when)
      yield* tidy(world, when)
    }
  }),
}
