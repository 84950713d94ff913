import { Window } from "@batch-exports/core"
import { Effect } from "effect"
import { runOf, standard } from "../../drive/exported.ts"
import { opened } from "../../drive/steps.ts"
import { nothing } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const planTouchesNothing: Law = {
  name: "check/plan",
  says: "`plan` says what `open` would do, to the letter, and touches nothing.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const advice = "Let `plan` and `open` look at the target through one function."
    const world = yield* bench.fresh
    const wanted = standard(bench)
    const plan = yield* expect.succeeds(world.destination.plan(runOf(wanted)), "`plan` succeeds", advice)
    yield* nothing(world, wanted, "a plan")
    const table = yield* world.target.tabular?.columns ?? Effect.succeed(undefined)
    yield* expect.that(table === undefined, { expected: "no table after a plan", seen: "a table", advice })
    const sink = yield* Effect.scoped(opened(world, wanted))
    const [planned, real] = [plan, sink].map(({ missing, projection }) =>
      JSON.stringify({ projection, missing: missing.map(Window.format) }),
    )
    yield* expect.that(planned === real, { expected: `what \`open\` answers: ${real}`, seen: `${planned}`, advice })
    yield* expect.that(plan.target !== "", {
      expected: "the plan says where the records go",
      seen: "an empty target",
      advice,
    })
  }),
}
