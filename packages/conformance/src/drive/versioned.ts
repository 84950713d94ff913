/** Records with a key and a version, for laws that are about more than merging. */
import { type Capabilities, FieldType, type Model, RecordSchema } from "@batch-exports/core"
import type { Row } from "../encoders/index.ts"

const field = (name: string, type: FieldType.FieldType): RecordSchema.Field => ({
  name,
  type,
  nullable: name === "label",
  description: `${name} of a thing that changes`,
  created: true,
})

/** The declared identities that `things` does not have, each with a model. */
export const versioned = (capabilities: Capabilities.Capabilities): Model.Model => {
  const number = capabilities.types.includes("Int") ? FieldType.int64 : FieldType.text()
  return {
    name: "versioned",
    description: "Things that change",
    schema: RecordSchema.make(field("id", number), field("label", FieldType.text()), field("version", number)),
    identity: { _tag: "Upsert", key: ["id"], versions: [{ version: "version", fields: ["label"] }] },
  }
}

/** Every row of `rows` at a version. */
export const at = (model: Model.Model, rows: ReadonlyArray<Row>, version: number): ReadonlyArray<Row> => {
  const numeric = RecordSchema.find(model.schema, "version")?.type._tag === "Int"
  return rows.map((row) => ({ ...row, version: numeric ? BigInt(version) : String(version) }))
}
