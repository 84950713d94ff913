import { Effect } from "effect"
import { persistently, standard } from "../../drive/exported.ts"
import { commitAll, opened, partOf } from "../../drive/steps.ts"
import { complete } from "../../drive/state.ts"
import { hours } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const overlappingWindows: Law = {
  name: "atomicity/overlapping-windows",
  says: "Windows that overlap without being equal are never both written where they overlap.",
  when: ({ ledger }) => (ledger === "transactional" ? { form: "holds", covers: ["ledger transactional"] } : undefined),
  run: Effect.fnUntraced(function* (bench) {
    const advice = "The claim must exclude overlapping windows, not only equal ones."
    const world = yield* bench.fresh
    const first = standard(bench, { window: hours(0, 2) })
    const second = standard(bench, { window: hours(1, 3) })
    yield* Effect.gen(function* () {
      const early = yield* opened(world, first)
      yield* persistently(bench, world, second)
      yield* expect.fails(
        Effect.flatMap(early.write(partOf(bench, early, first)), ({ received }) => commitAll(early, received)),
        { expected: "a run fails when another one has committed a part of its window", reasons: ["ClaimLost"], advice },
      )
    }).pipe(Effect.scoped)
    yield* complete(bench, world, second, [second.window], "a run whose window another one had taken a part of")
    yield* persistently(bench, world, first)
    yield* complete(bench, world, first, [hours(0, 3)], "overlapping runs")

    yield* Effect.all(
      [hours(4, 8), hours(6, 10), hours(5, 7), hours(4, 10)].map((window) => persistently(bench, world, { window })),
      { concurrency: "unbounded" },
    )
    yield* complete(bench, world, first, [hours(0, 3), hours(4, 10)], "four overlapping runs at once")
  }),
}
