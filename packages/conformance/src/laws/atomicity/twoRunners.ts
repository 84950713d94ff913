import { Effect, Fiber } from "effect"
import { held } from "../../drive/Feed.ts"
import { exported, persistently, standard } from "../../drive/exported.ts"
import { commitAll, opened, partOf } from "../../drive/steps.ts"
import { complete, tidy } from "../../drive/state.ts"
import { hours } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

const advice =
  "Claim the window by a constraint of the target when the first bytes come (an insert that conflicts, a file that must not exist): reading the ledger proves nothing about the other runner."

export const twoRunners: Law = {
  name: "atomicity/two-runners",
  says: "Two runners on one window, at once or one after the other had stopped for long, write it once.",
  when: ({ ledger }) => (ledger === "transactional" ? { form: "holds", covers: ["ledger transactional"] } : undefined),
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh

    // Both have read the ledger before either has written.
    const racing = standard(bench, { window: hours(0, 1) })
    yield* Effect.all(
      Array.from({ length: 4 }, (_, index) => persistently(bench, world, { ...racing, id: `racer ${index}` })),
      { concurrency: "unbounded" },
    )
    yield* complete(bench, world, racing, [racing.window], "a race of four runners")

    // The slow one opened first, and comes back when the other has finished.
    const slow = standard(bench, { window: hours(1, 2), id: "slow" })
    yield* Effect.gen(function* () {
      const sink = yield* opened(world, slow)
      yield* expect.succeeds(exported(bench, world, { ...slow, id: "quick" }), "the quick runner succeeds", advice)
      const late = yield* expect.fails(
        Effect.flatMap(sink.write(partOf(bench, sink, slow)), ({ received }) => commitAll(sink, received)),
        { expected: "the slow runner fails, since the other one exported the window", advice },
      )
      yield* expect.that(late.recovery === "reopen" || late.recovery === "retry", {
        expected: "its failure says `reopen` (ClaimLost), or `retry`",
        seen: expect.told(late),
        advice: "A window that another runner has committed is nothing to stop for: fail with `ClaimLost`.",
      })
    }).pipe(Effect.scoped)
    yield* complete(bench, world, slow, [racing.window, slow.window], "a slow runner that came back")

    // The slow one is in the middle of its bytes.
    const middle = standard(bench, { window: hours(2, 3), id: "in the middle" })
    const hold = yield* held(20)
    const fiber = yield* Effect.forkChild(Effect.exit(exported(bench, world, { ...middle, feed: hold.feed })))
    yield* Effect.raceFirst(hold.reached, Fiber.join(fiber))
    const other = yield* Effect.forkChild(Effect.exit(persistently(bench, world, { ...middle, id: "other" }, 3)))
    yield* Effect.sleep("50 millis")
    yield* hold.release
    yield* Fiber.join(fiber)
    yield* Fiber.join(other)
    yield* persistently(bench, world, { ...middle, id: "last" })
    yield* complete(bench, world, middle, [hours(0, 3)], "two runners, one of them in the middle of its bytes")
    yield* tidy(world, "two runners")
  }),
}
