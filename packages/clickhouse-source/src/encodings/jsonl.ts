/** One JSON object per line, keys in the projection's order: the encoding that every source offers. */
import { Encoding, type FieldType } from "@batch-exports/core"
import { any, rarely } from "../sql/text.ts"
import { contains, isoText, quoted } from "../values/hygiene.ts"
import type { Value } from "../values/Value.ts"
import { type RowEncoding, type Slot, verbatim } from "./RowEncoding.ts"

export const jsonl: RowEncoding = {
  name: Encoding.jsonl,
  framing: "lines",
  write: ({ value }) => {
    const slot = escaped(value) ?? composed(value)
    return slot && [slot]
  },
  row: (names, slots) =>
    `{${names.map((name, index) => `${verbatim(JSON.stringify(name))}:${slots[index] ?? ""}`).join(",")}}\n`,
}

/** Types whose JSON the server writes as we want it, `null` included. */
const escaped = ({ sql, type }: Value): Slot | undefined => {
  switch (type._tag) {
    case "Bool":
    case "Text":
    case "Uuid":
    case "Inet":
    case "Date":
    case "Timestamp":
      return { sql, escaping: "JSON" }
    case "Int":
      // Past 2^53, many readers of JSON lose digits.
      return { sql: type.bits === 64 ? `toString(${sql})` : sql, escaping: "JSON" }
    case "Decimal":
      return { sql: `toDecimalString(${sql}, ${type.scale})`, escaping: "JSON" }
    case "Bytes":
      return { sql: `base64Encode(${sql})`, escaping: "JSON" }
    case "Float":
    case "Json":
    case "List":
      return undefined
    default:
      return type satisfies never
  }
}

const composed = ({ emptyIsNull, nullable, sql, type }: Value): Slot | undefined => {
  const text = jsonText(sql, type)
  if (text === undefined) return undefined
  if (emptyIsNull === true) return { sql: `if(${sql} = '', 'null', ${text})`, escaping: "Raw" }
  return { sql: nullable ? `ifNull(${text}, 'null')` : text, escaping: "Raw" }
}

/** The JSON text of a value that is not NULL; NULL where it is. */
export const jsonText = (sql: string, type: FieldType.FieldType): string | undefined => {
  switch (type._tag) {
    case "Json":
      // Line breaks are only space between tokens in valid JSON, but they would end the row.
      return rarely({
        rare: `ifNull(${any(contains(sql, "\n"), contains(sql, "\r"))}, 0)`,
        input: sql,
        name: "b0",
        slow: (text) => `replaceRegexpAll(${text}, '[\\n\\r]', ' ')`,
        otherwise: sql,
      })
    case "Float":
      return `multiIf(isNaN(${sql}), '"NaN"', isInfinite(${sql}), if(${sql} > 0, '"Infinity"', '"-Infinity"'), toString(${sql}))`
    case "Bool":
      // `if` takes NULL for false.
      return `multiIf(isNull(${sql}), NULL, ${sql}, 'true', 'false')`
    case "Int":
      return type.bits === 64 ? quoted(`toString(${sql})`) : `toString(${sql})`
    case "Text":
    case "Inet":
      return quoted(sql)
    case "Decimal":
      return quoted(`toDecimalString(${sql}, ${type.scale})`)
    case "Uuid":
    case "Date":
      return quoted(`toString(${sql})`)
    case "Bytes":
      return quoted(`base64Encode(${sql})`)
    case "Timestamp":
      return quoted(isoText(sql))
    case "List": {
      const element = jsonText("i", type.of)
      return element === undefined || type.of._tag === "List"
        ? undefined
        : `concat('[', arrayStringConcat(arrayMap(i -> ifNull(${element}, 'null'), ${sql}), ','), ']')`
    }
    default:
      return type satisfies never
  }
}
