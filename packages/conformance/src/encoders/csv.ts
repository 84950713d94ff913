/**
 * `csv`: RFC 4180 with line feeds, without a header. Every value stands in quotes, so that what stands in none is NULL, and
 * the empty text is not.
 */
import type { FieldType, Projection } from "@batch-exports/core"
import type { Row, Value } from "./Value.ts"
import { cellsOf, type Codec, Malformed, rowOf, utf8 } from "./Encoder.ts"
import { jsonOf, valueOf } from "./jsonl.ts"
import { floatText } from "./numbers.ts"

export const csv: Codec = {
  name: "csv",
  takes: () => true,
  encode: (projection, rows) => new TextEncoder().encode(Array.from(rows, (row) => record(projection, row)).join("")),
  decode: (projection, bytes) =>
    parse(utf8(bytes)).map((fields) => {
      if (fields.length !== projection.columns.length) throw new Malformed(`a record has ${fields.length} fields`)
      return rowOf(
        projection,
        fields.map((text, index) => (text === null ? null : fromText(projection.columns[index]!.as, text))),
      )
    }),
}

const record = (projection: Projection.Projection, row: Row): string =>
  `${cellsOf(projection, row)
    .map(([{ as }, value]) => (value === null ? "" : `"${textOf(as, value).replaceAll('"', '""')}"`))
    .join(",")}\n`

const textOf = (type: FieldType.FieldType, value: Value): string => {
  if (type._tag === "Bytes") return Buffer.from(value as Uint8Array).toString("base64")
  if (type._tag === "List") return jsonOf(type, value)
  return type._tag === "Float" ? floatText(Number(value), type.bits) : String(value)
}

const fromText = (type: FieldType.FieldType, text: string): Value => {
  const isJson = type._tag === "List" || type._tag === "Bool" || (type._tag === "Int" && type.bits < 64)
  // A document may be the literal null, and is not NULL then.
  if (type._tag === "Json") return text
  return valueOf(type, isJson ? text : JSON.stringify(text))
}

const parse = (text: string): ReadonlyArray<ReadonlyArray<string | null>> => {
  const records: Array<Array<string | null>> = []
  let fields: Array<string | null> = []
  let at = 0
  while (at < text.length) {
    let value: string | null = null
    if (text[at] === '"') {
      const end = endOfQuoted(text, at)
      value = text.slice(at + 1, end - 1).replaceAll('""', '"')
      at = end
    }
    fields.push(value)
    const separator = text[at]
    if (separator === "\n") {
      records.push(fields)
      fields = []
    } else if (separator !== ",")
      throw new Malformed(`a value is followed by ${JSON.stringify(separator ?? "the end")}`)
    at += 1
  }
  if (fields.length > 0) throw new Malformed("the last record has no line feed at its end")
  return records
}

/** The index after the quote that ends the value whose opening quote stands at `start`. */
const endOfQuoted = (text: string, start: number): number => {
  let at = start + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) throw new Malformed("a value has no closing quote")
    if (text[quote + 1] !== '"') return quote + 1
    at = quote + 2
  }
}
