/**
 * The slow reference encoder for `jsonl`, written from docs/encodings.md. Sources render the same bytes in their own way;
 * the two are compared.
 */
import type { FieldType, Projection } from "@batch-exports/core"
import type { Row, Value } from "./Value.ts"

/** One JSON object per record in the projection's order, each ended by a line feed. */
export const encode = (projection: Projection.Projection, rows: Iterable<Row>): Uint8Array => {
  const lines = Array.from(rows, (row) => `${line(projection, row)}\n`)
  return new TextEncoder().encode(lines.join(""))
}

const line = (projection: Projection.Projection, row: Row): string => {
  const members = projection.columns.map(({ as, field }) => {
    const value = row[field.name]
    // Every field of the projection is present; absence would read as "not exported".
    return `${JSON.stringify(field.name)}:${value === undefined ? "null" : render(as, value)}`
  })
  return `{${members.join(",")}}`
}

const render = (type: FieldType.FieldType, value: Value): string => {
  if (value === null) return "null"
  switch (type._tag) {
    case "Bool":
      return value === true ? "true" : "false"
    case "Int":
      // JSON readers hold numbers as doubles, which cannot hold 64 bits.
      return type.bits === 64 ? `"${String(value)}"` : String(value)
    case "Float":
      return float(Number(value))
    case "Json":
      return String(value)
    case "Bytes":
      if (!(value instanceof Uint8Array)) throw new TypeError("a Bytes value must be a Uint8Array")
      return `"${Buffer.from(value).toString("base64")}"`
    case "List":
      if (!Array.isArray(value)) throw new TypeError("a List value must be an array")
      return `[${(value as ReadonlyArray<Value>).map((item) => render(type.of, item)).join(",")}]`
    case "Decimal":
    case "Text":
    case "Uuid":
    case "Date":
    case "Timestamp":
    case "Inet":
      return JSON.stringify(String(value))
    default:
      return type satisfies never
  }
}

const float = (value: number): string => {
  if (Number.isNaN(value)) return '"NaN"'
  if (!Number.isFinite(value)) return value > 0 ? '"Infinity"' : '"-Infinity"'
  return Object.is(value, -0) ? "-0" : String(value)
}
