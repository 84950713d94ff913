import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import { fullNames, hostileNames } from "../../generate/names.ts"
import type { Law } from "../../Law.ts"
import { fieldOf, modelOf, textRows } from "../tabular.ts"

const advice =
  "Quote every name, and keep it as it is: no folding of case, no trimming, no cutting, and no name as part of a format or a pattern."

export const fields: Law = {
  name: "names/fields",
  says: "A field may have any name: reserved words, quotes, dots, spaces, placeholders, statements, other alphabets.",
  when: ({ target, types }) => (types.includes("Text") ? { form: "holds", covers: [`target ${target}`] } : undefined),
  run: (bench) =>
    Effect.gen(function* () {
      const world = yield* bench.fresh
      const table = world.target.tabular
      const names = [...hostileNames, ...fullNames(table?.nameBytes ?? 63)]
      const model = modelOf(bench, ...names.map((name) => fieldOf(name, FieldType.text())))
      const rows = textRows(model, "1", "2")
      yield* expect.succeeds(
        exported(bench, world, standard(bench, { model, rows: () => rows })),
        "an export of fields with odd names succeeds",
        advice,
      )
      // One field at a time, so that the message is about the name that was lost.
      const seen = yield* world.rows(model.schema.fields)
      for (const name of names) {
        const shown = model.schema.fields.filter((field) => field.name === "id" || field.name === name)
        yield* expect.rows(shown, rows, seen, `The name ${JSON.stringify(name)}: ${advice}`)
      }
      if (table === undefined) return
      const columns = ((yield* table.columns) ?? []).map(({ name }) => name)
      yield* expect.that(JSON.stringify(columns) === JSON.stringify(["id", ...names]), {
        expected: "the created columns have exactly the fields' names, in their order",
        seen: columns.filter((name) => !names.includes(name)).join(" | "),
        advice,
      })
    }),
}
