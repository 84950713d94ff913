import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { ledgerOf, missingOf } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const emptyRun: Law = {
  name: "append/empty-run",
  says: "A window without records is exported like any other: it succeeds with 0 rows and is not asked for again.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const advice = "`write` without a single byte is a window with 0 rows. `commit` records it as it does any other."
    const world = yield* bench.fresh
    const wanted = standard(bench, { rows: () => [] })
    const outcome = yield* expect.succeeds(exported(bench, world, wanted), "an export of no rows succeeds", advice)
    const stored = outcome._tag === "Exported" ? outcome.stored.received : -1
    yield* expect.that(stored === 0, { expected: "0 rows received", seen: `${stored}`, advice })
    const rows = yield* world.rows(wanted.model.schema.fields)
    yield* expect.that(rows.length === 0, { expected: "no rows", seen: expect.count(rows.length), advice })
    if (bench.plugin.capabilities.ledger === "none") return
    const ledger = yield* ledgerOf(world, wanted.export)
    yield* expect.that(ledger.length === 1 && ledger[0]?.rows === 0, {
      expected: "the ledger holds the window, with 0 rows",
      seen: `${ledger.length} windows, ${ledger[0]?.rows} rows`,
      advice,
    })
    const missing = yield* missingOf(world, wanted)
    yield* expect.that(missing.length === 0, {
      expected: "nothing is missing afterwards",
      seen: `${missing.length} windows`,
      advice,
    })
  }),
}
