/** What a table of Postgres calls the type of a column that holds a field type. The memory destination spells its own the same way: one of its encodings goes by these names. */
import type { FieldType } from "@batch-exports/core"

export const targetTypeOf = (type: FieldType.FieldType): string => {
  switch (type._tag) {
    case "Bool":
      return "boolean"
    case "Int":
      return { 16: "smallint", 32: "integer", 64: "bigint" }[type.bits]
    case "Float":
      return { 32: "real", 64: "double precision" }[type.bits]
    case "Decimal":
      return `numeric(${type.precision},${type.scale})`
    case "Text":
      return type.maxLength === undefined ? "text" : `character varying(${type.maxLength})`
    case "Json":
      return "jsonb"
    case "Uuid":
      return "uuid"
    case "Bytes":
      return "bytea"
    case "Date":
      return "date"
    case "Timestamp":
      return "timestamp with time zone"
    case "Inet":
      return "inet"
    case "List":
      return `${targetTypeOf(type.of)}[]`
    default:
      return type satisfies never
  }
}
