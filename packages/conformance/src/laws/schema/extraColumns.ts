import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"
import { columnOf, fieldOf, forTables, modelOf, tableOf, textRows } from "../tabular.ts"
import { isRefused } from "./refusal.ts"

const advice = "Name the columns that you write to, so that the user's own are filled by their defaults or stay NULL."

export const extraColumns: Law = {
  name: "schema/extra-columns",
  says: "The user's own columns are left alone; one that takes no NULL and has no default is refused before anything is read.",
  when: forTables,
  run: (bench) =>
    Effect.gen(function* () {
      const label = fieldOf("label", FieldType.text())
      const model = modelOf(bench, label)
      const [id] = model.schema.fields
      const own = (name: string) => ({ name, type: FieldType.text() })

      const world = yield* bench.fresh
      const table = yield* tableOf(world)
      yield* table.create([
        columnOf(table, own("mine")),
        columnOf(table, id),
        columnOf(table, own("also mine"), { nullable: false, hasDefault: true }),
        columnOf(table, label),
      ])
      const before = JSON.stringify(yield* table.columns)
      const rows = textRows(model, "1", "2")
      yield* expect.succeeds(
        exported(bench, world, standard(bench, { model, rows: () => rows })),
        "an export to a table with other columns besides succeeds",
        advice,
      )
      yield* expect.rows(model.schema.fields, rows, yield* world.rows(model.schema.fields), advice)
      const after = JSON.stringify(yield* table.columns)
      yield* expect.that(after === before, { expected: `the columns stay: ${before}`, seen: after, advice })

      const other = yield* bench.fresh
      const strict = yield* tableOf(other)
      yield* strict.create([
        columnOf(strict, id),
        columnOf(strict, label),
        columnOf(strict, own("must have"), { nullable: false }),
      ])
      yield* isRefused(bench, other, model, {
        when: "a column that no field fills takes no NULL and has no default",
        names: ["must have"],
        advice: "Refuse such a table when it is opened: no record could be stored in it.",
      })
    }),
}
