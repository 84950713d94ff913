import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { hours } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"
import { columnOf, fieldOf, forTables, modelOf, tableOf, textRows } from "../tabular.ts"

const advice =
  "Send the fields that the table has a column for, name the others in `projection.leftOut`, and leave the table as it is."

export const fewerColumns: Law = {
  name: "schema/fewer-columns",
  says: "A table with fewer columns gets what it has columns for, and the run names the rest; a column added by hand is filled from then on.",
  when: forTables,
  run: (bench) =>
    Effect.gen(function* () {
      const world = yield* bench.fresh
      const table = yield* tableOf(world)
      const [label, note] = [fieldOf("label", FieldType.text()), fieldOf("note", FieldType.text())]
      const later = fieldOf("later", FieldType.text(), { created: false })
      const model = modelOf(bench, label, note, later)
      const [id] = model.schema.fields
      // In another order than the model's.
      yield* table.create([columnOf(table, label), columnOf(table, id)])
      const before = JSON.stringify(yield* table.columns)
      const run = (hour: number) =>
        expect.succeeds(
          exported(
            bench,
            world,
            standard(bench, { model, window: hours(hour, hour + 1), rows: () => textRows(model, `run ${hour}`) }),
          ),
          "an export to a table with fewer columns succeeds",
          advice,
        )

      const first = yield* run(0)
      const leftOut =
        first._tag === "Exported" ? [...first.leftOut].sort().join(", ") : "nothing, since nothing was sent"
      yield* expect.that(leftOut === "later, note", { expected: "left out: later, note", seen: leftOut, advice })
      const after = JSON.stringify(yield* table.columns)
      yield* expect.that(after === before, { expected: `the columns stay: ${before}`, seen: after, advice })
      yield* expect.rows([id, label], textRows(model, "run 0"), yield* world.rows([id, label]), advice)

      yield* table.addColumn(columnOf(table, note))
      yield* table.addColumn(columnOf(table, later))
      yield* run(1)
      const { fields } = model.schema
      const expected = [
        ...textRows(model, "run 0").map((row) => ({ ...row, note: null, later: null })),
        ...textRows(model, "run 1"),
      ]
      yield* expect.rows(
        fields,
        expected,
        yield* world.rows(fields),
        "Look at the table's columns at each run, and fill every one that a field of the model has the name of, created or not.",
      )
    }),
}
