/** What many saboteurs have in common: they change values, or records, between the bytes and the store. */
import type { FieldType } from "@batch-exports/core"
import type { Row, Value } from "../encoders/index.ts"
import { honest, type Parts } from "../memory/Parts.ts"

/** Every value that is not NULL and of a kind of type goes through `change`; lists element by element. */
export const altering = (tag: FieldType.Tag, change: (value: NonNullable<Value>) => Value): Pick<Parts, "decode"> => ({
  decode: (projection, bytes) =>
    honest.decode(projection, bytes).map((row) => {
      const changed = projection.columns.map(({ as, field }) => [
        field.name,
        alter(tag, as, row[field.name] ?? null, change),
      ])
      return Object.fromEntries(changed) as Row
    }),
})

const alter = (
  tag: FieldType.Tag,
  type: FieldType.FieldType,
  value: Value,
  change: (value: NonNullable<Value>) => Value,
): Value => {
  if (value === null) return null
  if (type._tag === tag) return change(value)
  return type._tag === "List" ? (value as ReadonlyArray<Value>).map((item) => alter(tag, type.of, item, change)) : value
}

/** A text is replaced by another, or by NULL, in every column but the last. */
export const insteadOf = (replaced: string | null, by: string | null): Pick<Parts, "decode"> => ({
  decode: (projection, bytes) =>
    honest.decode(projection, bytes).map((row) => {
      const changed = projection.columns.map(({ as, field: { name } }, index) => {
        const hit = as._tag === "Text" && row[name] === replaced && index < projection.columns.length - 1
        return [name, hit ? by : row[name]]
      })
      return Object.fromEntries(changed) as Row
    }),
})

/** The merge of an upsert is handed other records than arrived. */
export const merging = (
  change: (incoming: ReadonlyArray<Row>, present: ReadonlyArray<Row>) => ReadonlyArray<Row>,
): Pick<Parts, "place"> => ({
  place: (table, incoming, attempt) =>
    honest.place(table, attempt.identity._tag === "Upsert" ? change(incoming, table.rows) : incoming, attempt),
})
