import { Effect } from "effect"
import { broken } from "../../drive/Feed.ts"
import { exported, standard } from "../../drive/exported.ts"
import { complete, nothing, tidy } from "../../drive/state.ts"
import { opened, partOf } from "../../drive/steps.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const brokenSource: Law = {
  name: "append/broken-source",
  says: "When the source's bytes break off, the write fails and nothing is published; the next attempt exports all.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const advice = "An iteration that throws is not one that ends: fail the write, and discard what it brought."
    // At the first byte, after it, and at the end of the fifth row of ten.
    for (const at of ["start", "middle", "row"] as const) {
      const world = yield* bench.fresh
      const wanted = standard(bench)
      const feed = (bytes: Uint8Array) => {
        const half = Math.floor(bytes.length / 2)
        return broken(at === "start" ? 0 : at === "row" ? bytes.indexOf(10, half) + 1 : half)(bytes)
      }
      yield* Effect.gen(function* () {
        const sink = yield* opened(world, wanted)
        yield* expect.fails(sink.write(partOf(bench, sink, { ...wanted, feed })), {
          expected: "a write whose bytes break off fails",
          advice,
        })
      }).pipe(Effect.scoped)
      const error = yield* expect.fails(exported(bench, world, { ...wanted, feed }), {
        expected: "an export whose source breaks off fails",
        advice,
      })
      yield* expect.that(error._tag === "SourceError", {
        expected: "the source's own failure is what stops the export",
        seen: expect.told(error),
        advice: "Read the bytes until the iteration ends or throws, before you judge them.",
      })
      if (bench.plugin.capabilities.visibility === "window") yield* nothing(world, wanted, "a source that broke off")
      yield* expect.succeeds(exported(bench, world, wanted), "the next attempt succeeds", advice)
      yield* complete(bench, world, wanted, [wanted.window], "an attempt that broke off and one that did not")
      yield* tidy(world, "both attempts")
    }
  }),
}
