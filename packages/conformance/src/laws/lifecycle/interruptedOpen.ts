import { Effect, Fiber } from "effect"
import { standard, runOf } from "../../drive/exported.ts"
import { nothing } from "../../drive/state.ts"
import { always, type Law } from "../../Law.ts"

export const interruptedOpen: Law = {
  name: "lifecycle/interrupted-open",
  says: "An export that is cancelled while it opens leaves nothing.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const wanted = standard(bench)
    for (const millis of [0, 1, 2, 4, 8, 16]) {
      const fiber = yield* Effect.forkChild(Effect.scoped(world.destination.open(runOf(wanted))))
      yield* millis === 0 ? Effect.yieldNow : Effect.sleep(millis)
      yield* Fiber.interrupt(fiber)
    }
    yield* nothing(world, wanted, "interrupted openings")
  }),
}
