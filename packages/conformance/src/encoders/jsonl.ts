/** `jsonl`: one JSON object per record, all fields of the projection in its order, each record ended by a line feed. */
import type { FieldType, Projection } from "@batch-exports/core"
import { itemsOf, membersOf } from "../values/jsonText.ts"
import type { Row, Value } from "./Value.ts"
import { cellsOf, type Codec, lines, Malformed, rowOf, utf8 } from "./Encoder.ts"
import { floatText } from "./numbers.ts"

export const jsonl: Codec = {
  name: "jsonl",
  takes: () => true,
  encode: (projection, rows) => new TextEncoder().encode(Array.from(rows, (row) => line(projection, row)).join("")),
  decode: (projection, bytes) => lines(utf8(bytes)).map((text) => parseLine(projection, text)),
}

const line = (projection: Projection.Projection, row: Row): string => {
  const members = cellsOf(projection, row).map(
    ([{ as, field }, value]) => `${JSON.stringify(field.name)}:${jsonOf(as, value)}`,
  )
  return `{${members.join(",")}}\n`
}

/** The JSON text of one value. */
export const jsonOf = (type: FieldType.FieldType, value: Value): string => {
  if (value === null) return "null"
  switch (type._tag) {
    case "Bool":
      return String(value)
    case "Int":
      // JSON readers hold numbers as doubles, which cannot hold 64 bits.
      return type.bits === 64 ? `"${String(value)}"` : String(value)
    case "Float":
      return Number.isFinite(value) ? floatText(Number(value), type.bits) : `"${String(value)}"`
    case "Json":
      // Outside of strings a line break is space, inside it cannot be: it would end the record.
      return String(value).replaceAll(/[\n\r]/g, " ")
    case "Bytes":
      return `"${Buffer.from(value as Uint8Array).toString("base64")}"`
    case "List":
      return `[${(value as ReadonlyArray<Value>).map((item) => jsonOf(type.of, item)).join(",")}]`
    case "Decimal":
    case "Text":
    case "Uuid":
    case "Date":
    case "Timestamp":
    case "Inet":
      return quoted(String(value))
    default:
      return type satisfies never
  }
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
}

/** The two line separators would end a line of JavaScript, so ClickHouse escapes them too. */
const quoted = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- control characters are what must be escaped
  `"${text.replaceAll(/["\\\u0000-\u001f\u2028\u2029]/g, (char) => short[char] ?? unicodeEscape(char))}"`

const unicodeEscape = (char: string) => `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`

const parseLine = (projection: Projection.Projection, text: string): Row => {
  const members = membersOf(checked(text))
  const names = members.map(([name]) => name)
  const expected = projection.columns.map(({ field }) => field.name)
  if (JSON.stringify(names) !== JSON.stringify(expected)) {
    throw new Malformed(`a record has the keys ${names.join(", ")} and should have ${expected.join(", ")}`)
  }
  return rowOf(
    projection,
    projection.columns.map(({ as }, index) => valueOf(as, members[index]?.[1] ?? "null")),
  )
}

const checked = (text: string): string => {
  try {
    JSON.parse(text)
  } catch (error) {
    throw new Malformed(`a line is not JSON: ${String(error)}`)
  }
  if (!text.startsWith("{")) throw new Malformed("a line is not a JSON object")
  return text
}

/** The value that a JSON text stands for. The text is valid JSON. */
export const valueOf = (type: FieldType.FieldType, text: string): Value => {
  // A document that is the literal null cannot be told from NULL here.
  if (text === "null") return null
  switch (type._tag) {
    case "Json":
      return text
    case "Bool":
      return text === "true"
    case "Int":
      return BigInt(type.bits === 64 ? stringOf(text) : text)
    case "Float":
      return Number(text.startsWith('"') ? stringOf(text) : text)
    case "Bytes":
      return new Uint8Array(Buffer.from(stringOf(text), "base64"))
    case "List":
      if (!text.startsWith("[")) throw new Malformed(`a list is written as ${text.slice(0, 40)}`)
      return itemsOf(text).map((item) => valueOf(type.of, item))
    case "Decimal":
    case "Text":
    case "Uuid":
    case "Date":
    case "Timestamp":
    case "Inet":
      return stringOf(text)
    default:
      return type satisfies never
  }
}

const stringOf = (text: string): string => {
  if (!text.startsWith('"')) throw new Malformed(`a string is written as ${text.slice(0, 40)}`)
  return JSON.parse(text) as string
}
