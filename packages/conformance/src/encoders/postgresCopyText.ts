/** `postgres-copy-text`: fields between tabs, backslash escapes, NULL as `\N`; lists as array literals. */
import type { FieldType, Projection } from "@batch-exports/core"
import type { Row, Value } from "./Value.ts"
import { parseArray } from "./arrayLiteral.ts"
import { cellsOf, type Codec, lines, Malformed, NoForm, rowOf, utf8 } from "./Encoder.ts"
import { valueOf } from "./jsonl.ts"
import { floatText } from "./numbers.ts"

const name = "postgres-copy-text"

/** Postgres arrays are rectangular: a list of lists of different lengths is none. */
const hasForm = (type: FieldType.FieldType): boolean => type._tag !== "List" || type.of._tag !== "List"

export const postgresCopyText: Codec = {
  name,
  takes: ({ as }) => hasForm(as),
  encode: (projection, rows) => new TextEncoder().encode(Array.from(rows, (row) => line(projection, row)).join("")),
  decode: (projection, bytes) =>
    lines(utf8(bytes)).map((text) => {
      const fields = text.split("\t")
      if (fields.length !== projection.columns.length) throw new Malformed(`a record has ${fields.length} fields`)
      return rowOf(
        projection,
        projection.columns.map(({ as }, index) =>
          fields[index] === "\\N" ? null : fromText(as, unescape(fields[index]!)),
        ),
      )
    }),
}

const line = (projection: Projection.Projection, row: Row): string =>
  `${cellsOf(projection, row)
    .map(([{ as }, value]) => (value === null ? "\\N" : escape(textOf(as, value))))
    .join("\t")}\n`

/** What the type's input function of Postgres reads. */
const textOf = (type: FieldType.FieldType, value: Value): string => {
  switch (type._tag) {
    case "Bool":
      return value === true ? "t" : "f"
    case "Float":
      return floatText(Number(value), type.bits).replace("NaN", "nan").replace("Infinity", "inf")
    case "Bytes":
      return `\\x${Buffer.from(value as Uint8Array).toString("hex")}`
    case "List":
      if (!hasForm(type)) throw new NoForm(name, type)
      return `{${(value as ReadonlyArray<Value>).map((item) => element(type.of, item)).join(",")}}`
    case "Int":
    case "Decimal":
    case "Text":
    case "Json":
    case "Uuid":
    case "Date":
    case "Timestamp":
    case "Inet":
      return String(value)
    default:
      return type satisfies never
  }
}

/** In quotes always, so that no text is taken for NULL or for punctuation. */
const element = (type: FieldType.FieldType, value: Value): string =>
  value === null ? "NULL" : `"${textOf(type, value).replaceAll(/["\\]/g, "\\$&")}"`

const fromText = (type: FieldType.FieldType, text: string): Value => {
  switch (type._tag) {
    case "Bool":
      return text === "t"
    case "Int":
      return BigInt(text)
    case "Float":
      return Number(text.replace("nan", "NaN").replace("inf", "Infinity"))
    case "Bytes":
      return new Uint8Array(Buffer.from(text.slice(2), "hex"))
    case "Json":
      return text
    case "List":
      return parseArray(text).map((item) => (item === null ? null : fromText(type.of, item)))
    case "Decimal":
    case "Text":
    case "Uuid":
    case "Date":
    case "Timestamp":
    case "Inet":
      return valueOf(type, JSON.stringify(text))
    default:
      return type satisfies never
  }
}

/** COPY reads a backslash before any other character as that character, and sources use it for the apostrophe too. */
const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\b": "\\b",
  "\f": "\\f",
  "'": "\\'",
}

const escape = (text: string): string => text.replaceAll(/[\\\t\n\r\b\f']/g, (char) => escapes[char] ?? char)

const escaped: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", b: "\b", f: "\f", v: "\v" }

const unescape = (text: string): string => text.replaceAll(/\\(.)/gs, (_, char: string) => escaped[char] ?? char)
