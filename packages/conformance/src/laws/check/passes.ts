import { Effect, Stream } from "effect"
import { standard } from "../../drive/exported.ts"
import { nothing } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const passes: Law = {
  name: "check/passes",
  says: "A check of a target that works passes every step, and leaves nothing behind.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const wanted = standard(bench)
    const before = yield* world.target.tabular?.columns ?? Effect.succeed(undefined)
    const steps = yield* Stream.runCollect(world.destination.check(wanted.model))
    const ids = steps.map(({ id }) => id)
    const advice = "Emit each step once, in order, with a stable kebab-case id; skip what does not apply."
    yield* expect.that(steps.length > 0 && steps.every(({ status }) => status !== "failed"), {
      expected: "one step or more, and none failed",
      seen: steps
        .map(({ detail, id, status }) => `${id} ${status}${detail === undefined ? "" : ` (${detail})`}`)
        .join(", "),
      advice,
    })
    const proper = ids.every((id) => /^[a-z][a-z0-9-]*$/.test(id)) && new Set(ids).size === ids.length
    yield* expect.that(proper, { expected: "kebab-case ids, each once", seen: ids.join(", "), advice })
    yield* nothing(world, wanted, "a check")
    const after = yield* world.target.tabular?.columns ?? Effect.succeed(undefined)
    yield* expect.that((before === undefined) === (after === undefined), {
      expected: "no table after the check that was not there before",
      seen: "a table",
      advice: "Try what must be tried in a transaction, and roll it back.",
    })
  }),
}
