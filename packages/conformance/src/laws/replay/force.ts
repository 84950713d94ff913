import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { ledgerOf, missingOf } from "../../drive/state.ts"
import { rowsFrom, rowsOf } from "../../drive/things.ts"
import { at, versioned } from "../../drive/versioned.ts"
import { difference } from "../../difference.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const force: Law = {
  name: "replay/force",
  says: "`force` writes a window again whatever the ledger says: the rows of then stay beside the new ones, are replaced by them, or merged with them; the ledger holds the window once.",
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
    // Other rows than before, so that a destination that does nothing cannot pass for one that replaces.
    const before = wanted.rows(wanted.window)
    const after = appending ? rowsFrom(model, 1, 7) : before
    const again = yield* expect.succeeds(
      exported(bench, world, { ...wanted, mode: "force", id: "forced", rows: () => after }),
      "a forced export of a committed window succeeds",
      advice,
    )
    yield* expect.that(again._tag === "Exported", { expected: "it is exported again", seen: again._tag, advice })
    const { fields } = wanted.model.schema
    const seen = yield* world.rows(fields)
    const replaced = difference(fields, after, seen) === undefined
    if (!replaced) yield* expect.rows(fields, [...before, ...after], seen, advice)
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
