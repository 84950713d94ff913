import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { missingOf } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const fill: Law = {
  name: "replay/fill",
  says: "`fill` adds the records of a window whose dedupe key is not there yet, and touches no other.",
  when: ({ identities, modes }) =>
    modes.includes("fill") && identities.includes("Append") ? { form: "holds", covers: ["mode fill"] } : undefined,
  run: Effect.fnUntraced(function* (bench) {
    const advice =
      "In mode `fill`, `missing` is the whole window; insert what an anti-join on the dedupe key finds absent."
    const world = yield* bench.fresh
    const wanted = standard(bench)
    const all = wanted.rows(wanted.window)
    const early = all.filter((_, index) => index % 3 !== 0)
    yield* expect.succeeds(
      exported(bench, world, { ...wanted, rows: () => early }),
      "the first export succeeds",
      advice,
    )
    for (const attempt of ["a filling run", "a second filling run"]) {
      const outcome = yield* expect.succeeds(
        exported(bench, world, { ...wanted, mode: "fill", id: attempt }),
        `${attempt} succeeds`,
        advice,
      )
      const { fields } = wanted.model.schema
      yield* expect.rows(fields, all, yield* world.rows(fields), advice)
      const stored = outcome._tag === "Exported" ? outcome.stored : undefined
      const absent = attempt === "a filling run" ? all.length - early.length : 0
      yield* expect.that(stored?.received === all.length && stored.inserted === absent, {
        expected: `${attempt} receives ${all.length} rows and inserts ${absent}`,
        seen: stored === undefined ? outcome._tag : `${stored.received} received, ${stored.inserted} inserted`,
        advice: "`received` counts what came, `inserted` what was added, `unchanged` the rest.",
      })
    }
    const missing = yield* missingOf(world, wanted)
    yield* expect.that(missing.length === 0, { expected: "nothing is missing", seen: `${missing.length}`, advice })
  }),
}
