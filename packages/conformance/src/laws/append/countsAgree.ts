import { Effect } from "effect"
import { standard } from "../../drive/exported.ts"
import { commitAll, opened, writeAll } from "../../drive/steps.ts"
import { nothing } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const countsAgree: Law = {
  name: "append/counts-agree",
  says: "`commit` is told how many rows the source sent, and refuses when another number arrived.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    for (const by of [1, -1]) {
      const world = yield* bench.fresh
      const wanted = standard(bench)
      yield* Effect.gen(function* () {
        const sink = yield* opened(world, wanted)
        const received = yield* writeAll(bench, sink, wanted)
        yield* expect.fails(commitAll(sink, received + by), {
          expected: `a commit of ${received + by} rows is refused when ${received} arrived`,
          reasons: ["CountMismatch"],
          advice:
            "Count what the target took in, compare it with `sent.rows` in `commit`, and publish nothing on a difference.",
        })
      }).pipe(Effect.scoped)
      if (bench.plugin.capabilities.visibility === "window") yield* nothing(world, wanted, "a commit that was refused")
    }
  }),
}
