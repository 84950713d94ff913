import { Effect } from "effect"
import { type Export, exported, standard } from "../../drive/exported.ts"
import { missingOf } from "../../drive/state.ts"
import { rowsOf } from "../../drive/things.ts"
import { at, versioned } from "../../drive/versioned.ts"
import type { Bench } from "../../Bench.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const committedWindow: Law = {
  name: "replay/committed-window",
  says: "A committed window that is exported again adds nothing; without a ledger, an appending destination doubles it and must say so.",
  when: ({ identities, ledger }) => ({
    form: ledger === "transactional" ? "holds" : "weaker",
    covers: ["mode once", `ledger ${ledger}`, ...identities.map((identity) => `identity ${identity}`)],
  }),
  run: Effect.fnUntraced(function* (bench) {
    for (const wanted of exportsOf(bench)) {
      const world = yield* bench.fresh
      const { fields } = wanted.model.schema
      const once = wanted.rows(wanted.window)
      const doubled = bench.form === "weaker" && wanted.model.identity._tag === "Append"
      const advice = doubled
        ? 'The second run added nothing, so there is a record of the first: declare `ledger: "transactional"`.'
        : "Write the ledger's row in the transaction of the data, and answer `open` with what it lacks."
      yield* expect.succeeds(exported(bench, world, wanted), "the first export succeeds", advice)
      const missing = yield* missingOf(world, wanted)
      yield* expect.that((missing.length === 0) === (bench.form === "holds"), {
        expected: bench.form === "holds" ? "nothing is missing after a commit" : "all is missing, without a ledger",
        seen: `${missing.length} missing windows`,
        advice,
      })
      const again = yield* expect.succeeds(
        exported(bench, world, { ...wanted, id: "another run" }),
        "the second export succeeds",
        advice,
      )
      const tag = bench.form === "holds" ? "AlreadyExported" : "Exported"
      yield* expect.that(again._tag === tag, { expected: `the second export is ${tag}`, seen: again._tag, advice })
      yield* expect.rows(fields, doubled ? [...once, ...once] : once, yield* world.rows(fields), advice)
    }
  }),
}

const exportsOf = (bench: Bench): ReadonlyArray<Export> => {
  const model = versioned(bench.plugin.capabilities)
  const upsert = standard(bench, { model, rows: (window) => at(model, rowsOf(model, window), 1) })
  return bench.plugin.capabilities.identities.map((identity) => (identity === "Append" ? standard(bench) : upsert))
}
