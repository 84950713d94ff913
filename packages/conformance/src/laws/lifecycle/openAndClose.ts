import { Effect } from "effect"
import { standard } from "../../drive/exported.ts"
import { opened, partOf } from "../../drive/steps.ts"
import { nothing } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const openAndClose: Law = {
  name: "lifecycle/open-and-close",
  says: "Opening and closing leaves nothing, and neither does writing everything and closing without a commit.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const wanted = standard(bench)
    yield* Effect.scoped(opened(world, wanted))
    yield* nothing(world, wanted, "opening and closing")
    if (bench.plugin.capabilities.visibility === "batch") return
    yield* Effect.gen(function* () {
      const sink = yield* opened(world, wanted)
      yield* expect.succeeds(
        sink.write(partOf(bench, sink, wanted)),
        "`write` succeeds",
        "`write` takes one of the missing windows in.",
      )
    }).pipe(Effect.scoped)
    yield* nothing(world, wanted, "writing and closing without a commit")
  }),
}
