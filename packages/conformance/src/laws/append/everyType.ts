import { type FieldType, type Model, RecordSchema } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { Types, Values } from "../../generate/index.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const everyType: Law = {
  name: "append/every-type",
  says: "A field of each type that the destination declares arrives, and so does its NULL.",
  when: ({ types }) => ({ form: "holds", covers: types.map((tag) => `type ${tag}`) }),
  run: Effect.fnUntraced(function* (bench) {
    for (const type of Types.within(bench.plugin.capabilities.types)) {
      const world = yield* bench.fresh
      const wanted = standard(bench, { model: modelOf(bench.plugin.capabilities.identities, type) })
      const value = Values.listed(type).find((one) => one !== null) ?? null
      const rows = [value, null].map((v, index) => ({ id: `row ${index}`, v }))
      const advice = "Give every type of `capabilities.types` a place in the target, or declare fewer."
      yield* expect.succeeds(
        exported(bench, world, { ...wanted, rows: () => rows }),
        `an export of a ${type._tag} succeeds`,
        advice,
      )
      const { fields } = wanted.model.schema
      yield* expect.rows(fields, rows, yield* world.rows(fields), advice)
    }
  }),
}

const modelOf = (identities: ReadonlyArray<string>, type: FieldType.FieldType): Model.Model => ({
  name: "values",
  description: "Values",
  schema: RecordSchema.make(
    { name: "id", type: { _tag: "Text" }, nullable: false, description: "", created: true },
    { name: "v", type, nullable: true, description: "", created: true },
  ),
  identity: identities.includes("Append") ? { _tag: "Append" } : { _tag: "Upsert", key: ["id"], versions: [] },
})
