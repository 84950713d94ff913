/** Comma-separated values, every one of them in quotes: what stands in none is NULL, which the empty text is not. */
import type { FieldType } from "@batch-exports/core"
import { isoText } from "../values/hygiene.ts"
import { withNulls } from "../values/Value.ts"
import { jsonText } from "./jsonl.ts"
import type { RowEncoding } from "./RowEncoding.ts"

export const csv: RowEncoding = {
  name: "csv",
  framing: "lines",
  write: ({ value }) => {
    const text = textOf(withNulls(value).sql, value.type)
    if (text === undefined) return undefined
    return [{ sql: `ifNull(concat('"', replaceAll(${text}, '"', '""'), '"'), '')`, escaping: "Raw" }]
  },
  row: (_names, slots) => `${slots.join(",")}\n`,
}

/** NULL where the value is. */
const textOf = (sql: string, type: FieldType.FieldType): string | undefined => {
  switch (type._tag) {
    case "Bool":
      // `if` takes NULL for false.
      return `multiIf(isNull(${sql}), NULL, ${sql}, 'true', 'false')`
    case "Float":
      return `multiIf(isNaN(${sql}), 'NaN', isInfinite(${sql}), if(${sql} > 0, 'Infinity', '-Infinity'), toString(${sql}))`
    case "Int":
    case "Uuid":
    case "Date":
      return `toString(${sql})`
    case "Decimal":
      return `toDecimalString(${sql}, ${type.scale})`
    case "Text":
    case "Json":
    case "Inet":
      return sql
    case "Bytes":
      return `base64Encode(${sql})`
    case "Timestamp":
      return isoText(sql)
    case "List":
      return jsonText(sql, type)
    default:
      return type satisfies never
  }
}
