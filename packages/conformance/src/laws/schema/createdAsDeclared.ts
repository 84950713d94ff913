import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import { within } from "../../generate/types.ts"
import type { Law } from "../../Law.ts"
import { fieldOf, forTables, modelOf, tableOf } from "../tabular.ts"
import { carried } from "../values/carried.ts"
import { recordsOf } from "./refusal.ts"

export const createdAsDeclared: Law = {
  name: "schema/created-as-declared",
  says: "A table that is missing is created with exactly the created fields, in their order, each with its own type; `newTarget` shows them before.",
  when: forTables,
  run: (bench) =>
    Effect.gen(function* () {
      const world = yield* bench.fresh
      const table = yield* tableOf(world)
      const types = yield* carried(bench, world.destination, bench.encodings, within(bench.plugin.capabilities.types))
      const model = modelOf(
        bench,
        ...types.map((type, index) => fieldOf(`f${index}`, type)),
        fieldOf("only where it is", FieldType.text(), { created: false }),
      )
      yield* expect.succeeds(
        exported(bench, world, standard(bench, { model, rows: () => recordsOf(model) })),
        "an export to a missing table succeeds",
        "Create the table when it is missing.",
      )
      const created = model.schema.fields.filter((field) => field.created)
      const expected = created.map(({ name, type }) => `${name} ${table.typeName(type)}`)
      const seen = ((yield* table.columns) ?? []).map(({ name, type }) => `${name} ${type}`)
      yield* expect.that(JSON.stringify(seen) === JSON.stringify(expected), {
        expected: expected.join(", "),
        seen: seen.join(", "),
        advice: "Create the fields whose `created` is true, no others, in the model's order.",
      })
      const shown = bench.plugin.newTarget?.(model).map(({ field }) => field)
      const names = created.map(({ name }) => name)
      yield* expect.that(shown === undefined || JSON.stringify(shown) === JSON.stringify(names), {
        expected: `\`newTarget\` shows ${names.join(", ")}`,
        seen: (shown ?? []).join(", "),
        advice:
          "Let `newTarget` show the columns that a missing table is created with: a person chooses a model by them.",
      })
    }),
}
