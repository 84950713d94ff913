/** Random models and records of them. */
import { FieldType, type Model, type RecordSchema } from "@batch-exports/core"
import type { Row } from "../encoders/Value.ts"
import type { Random } from "./Random.ts"
import { within } from "./types.ts"
import { random } from "./values.ts"

/** A model of 1 to `most` fields of the given kinds after its `id`, some of them nullable. */
export const model = (
  choose: Random,
  options: { readonly types: ReadonlyArray<FieldType.Tag>; readonly most: number },
): Model.Model => {
  const possible = within(options.types)
  const others = Array.from({ length: 1 + choose.int(options.most) }, (_, index): RecordSchema.Field => {
    const type = choose.pick(possible)
    return { name: `f${index}`, type, nullable: choose.bool(), description: FieldType.format(type), created: true }
  })
  const id: RecordSchema.Field = {
    name: "id",
    type: FieldType.int32,
    nullable: false,
    description: "The record.",
    created: true,
  }
  return {
    name: "random",
    description: "Random records",
    schema: { fields: [id, ...others] },
    identity: { _tag: "Append" },
  }
}

/** `count` records, numbered by `id`. */
export const rows = (choose: Random, { fields }: RecordSchema.RecordSchema, count: number): ReadonlyArray<Row> =>
  Array.from({ length: count }, (_, index) =>
    Object.fromEntries(
      fields.map(({ name, nullable, type }) => [
        name,
        name === "id" ? BigInt(index) : nullable && choose.bool(0.2) ? null : random(type, choose),
      ]),
    ),
  )
