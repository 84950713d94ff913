import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import { tagsOf } from "../../generate/types.ts"
import type { Law } from "../../Law.ts"
import { columnOf, fieldOf, forTables, modelOf, tableOf } from "../tabular.ts"
import { unchanged } from "../values/sent.ts"
import { isRefused, recordsOf } from "./refusal.ts"

export const otherTypes: Law = {
  name: "schema/other-types",
  says: "A column of a wider type takes the field's values unchanged; one that could lose a value is refused before anything is read.",
  when: forTables,
  run: (bench) =>
    Effect.gen(function* () {
      const { accepts, refuses } = yield* tableOf(yield* bench.fresh)
      const declared = ({ field }: { readonly field: FieldType.FieldType }) =>
        tagsOf(field).every((tag) => bench.plugin.capabilities.types.includes(tag))
      for (const { column, field } of accepts.filter(declared)) {
        const world = yield* bench.fresh
        const table = yield* tableOf(world)
        const model = modelOf(bench, fieldOf("value", field))
        const { fields } = model.schema
        yield* table.create([
          columnOf(table, fields[0]),
          columnOf(table, { name: "value", type: field }, { type: column }),
        ])
        const pair = `${FieldType.format(field)} into a column of type ${column}`
        const rows = recordsOf(model)
        yield* expect.succeeds(
          exported(bench, world, standard(bench, { model, rows: () => rows })),
          `${pair}, which the harness says is accepted, is exported`,
          "Give the projection the column's own type (`as`), and let the source widen; or take the pair out of the harness's `accepts`.",
        )
        yield* unchanged(fields, rows, yield* world.rows(fields), pair)
      }
      for (const { column, field } of refuses.filter(declared)) {
        const world = yield* bench.fresh
        const table = yield* tableOf(world)
        const model = modelOf(bench, fieldOf("value", field))
        yield* table.create([
          columnOf(table, model.schema.fields[0]),
          columnOf(table, { name: "value", type: field }, { type: column }),
        ])
        yield* isRefused(bench, world, model, {
          when: `a column of type ${column} stands where the field is ${FieldType.format(field)}`,
          names: ["value", column],
          advice:
            "Compare the types of all columns when the target is opened, and accept only pairs that lose nothing.",
        })
      }
      const world = yield* bench.fresh
      const table = yield* tableOf(world)
      yield* table.create([columnOf(table, { name: "other", type: FieldType.text() })])
      yield* isRefused(bench, world, modelOf(bench, fieldOf("label", FieldType.text())), {
        when: "the table has no column in common with the model",
        names: [],
        advice: "Refuse it: it is somebody else's table, or the wrong one.",
      })
    }),
}
