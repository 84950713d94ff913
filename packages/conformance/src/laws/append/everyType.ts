import { FieldType, type Model, RecordSchema } from "@batch-exports/core"
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
    const { identities, types } = bench.plugin.capabilities
    const world = yield* bench.fresh
    const all = Types.within(types).map((type, index) => ({ name: `field_${index}`, type }))
    const model: Model.Model = {
      name: "values",
      description: "Values",
      schema: RecordSchema.make(column("id", { _tag: "Text" }), ...all.map(({ name, type }) => column(name, type))),
      identity: identities.includes("Append") ? { _tag: "Append" } : { _tag: "Upsert", key: ["id"], versions: [] },
    }
    const values = Object.fromEntries(
      all.map(({ name, type }) => [name, Values.listed(type).find((one) => one !== null) ?? null]),
    )
    const nulls = Object.fromEntries(all.map(({ name }) => [name, null]))
    const rows = [
      { id: "values", ...values },
      { id: "nulls", ...nulls },
    ]
    const wanted = standard(bench, { model, rows: () => rows })
    const advice = "Give every type of `capabilities.types` a place in the target, or declare fewer."
    yield* expect.succeeds(exported(bench, world, wanted), "an export of every declared type succeeds", advice)
    // One field at a time, so that the message is about the type that was lost.
    const seen = yield* world.rows(model.schema.fields)
    for (const { name, type } of all) {
      const fields = [column("id", { _tag: "Text" }), column(name, type)]
      yield* expect.rows(fields, rows, seen, `${FieldType.format(type)}: ${advice}`)
    }
  }),
}

const column = (name: string, type: FieldType.FieldType): RecordSchema.Field => ({
  name,
  type,
  nullable: name !== "id",
  description: "",
  created: true,
})
