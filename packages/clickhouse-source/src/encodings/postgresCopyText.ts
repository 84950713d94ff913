/**
 * The text format of Postgres' COPY (https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2): fields between
 * tabs, backslash escapes, NULL as \N. The server's `Escaped` is the same but for `\'`, which COPY reads as an apostrophe.
 */
import type { FieldType } from "@batch-exports/core"
import { isoText } from "../values/hygiene.ts"
import { type Value, withNulls } from "../values/Value.ts"
import type { RowEncoding, Slot } from "./RowEncoding.ts"

export const postgresCopyText: RowEncoding = {
  name: "postgres-copy-text",
  framing: "lines",
  write: ({ value }) => {
    const slot = written(value)
    return slot && [slot]
  },
  row: (_names, slots) => `${slots.join("\t")}\n`,
  separated: { escaping: "Escaped", between: "\t", after: "\n" },
}

const written = (value: Value): Slot | undefined => {
  const { sql, type } = withNulls(value)
  switch (type._tag) {
    case "Int":
    case "Float":
    case "Decimal":
    case "Text":
    case "Json":
    case "Uuid":
    case "Date":
    case "Timestamp":
    case "Inet":
      return { sql, escaping: "Escaped" }
    case "Bool":
      // `if` takes NULL for false.
      return { sql: `multiIf(isNull(${sql}), NULL, ${sql}, 't', 'f')`, escaping: "Escaped" }
    case "Bytes":
      return { sql: `concat('\\\\x', lower(hex(${sql})))`, escaping: "Escaped" }
    case "List": {
      const element = arrayElement(type.of)
      if (element === undefined) return undefined
      return { sql: `concat('{', arrayStringConcat(arrayMap(i -> ${element}, ${sql}), ','), '}')`, escaping: "Escaped" }
    }
    default:
      return type satisfies never
  }
}

/** An element of an array literal, always in double quotes, so that no text is taken for NULL or for punctuation; NULL is in none. */
const arrayElement = (type: FieldType.FieldType): string | undefined => {
  const text = elementText(type)
  if (text === undefined) return undefined
  return `ifNull(concat('"', replaceAll(replaceAll(${text}, '\\\\', '\\\\\\\\'), '"', '\\\\"'), '"'), 'NULL')`
}

/** Outside of arrays the server's settings decide how these are written; toString does not follow them. */
const elementText = (type: FieldType.FieldType): string | undefined => {
  if (type._tag === "Timestamp") return isoText("i")
  if (type._tag === "Decimal") return `toDecimalString(i, ${type.scale})`
  const text = type._tag === "List" ? undefined : written({ type, sql: "i", nullable: false })?.sql
  return text && `toString(${text})`
}
