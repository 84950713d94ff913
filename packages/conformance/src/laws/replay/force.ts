import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { ledgerOf, missingOf } from "../../drive/state.ts"
import { rowsOf } from "../../drive/things.ts"
import { at, versioned } from "../../drive/versioned.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const force: Law = {
  name: "replay/force",
  says: "`force` writes a window again whatever the ledger says: appended rows are there twice, merged ones once; the ledger holds the window once.",
  when: ({ modes }) => (modes.includes("force") ? { form: "holds", covers: ["mode force"] } : undefined),
  run: Effect.fnUntraced(function* (bench) {
    const advice = "In mode `force`, `missing` is the whole window, and the ledger's row for it is replaced."
    const { capabilities } = bench.plugin
    const model = versioned(capabilities)
    const appending = capabilities.identities.includes("Append")
    const wanted = appending
      ? standard(bench)
      : standard(bench, { model, rows: (window) => at(model, rowsOf(model, window), 1) })
    const world = yield* bench.fresh
    yield* expect.succeeds(exported(bench, world, wanted), "the first export succeeds", advice)
    const again = yield* expect.succeeds(
      exported(bench, world, { ...wanted, mode: "force", id: "forced" }),
      "a forced export of a committed window succeeds",
      advice,
    )
    yield* expect.that(again._tag === "Exported", { expected: "it is exported again", seen: again._tag, advice })
    const { fields } = wanted.model.schema
    const once = wanted.rows(wanted.window)
    yield* expect.rows(fields, appending ? [...once, ...once] : once, yield* world.rows(fields), advice)
    if (capabilities.ledger === "none") return
    const ledger = yield* ledgerOf(world, wanted.export)
    yield* expect.that(ledger.length === 1 && ledger[0]?.run === "forced", {
      expected: "the ledger holds the window once, with the forced run",
      seen: ledger.map(({ run }) => run).join(", "),
      advice,
    })
    const missing = yield* missingOf(world, wanted)
    yield* expect.that(missing.length === 0, { expected: "nothing is missing", seen: `${missing.length}`, advice })
  }),
}
