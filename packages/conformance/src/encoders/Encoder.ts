/** A slow, obviously right way to write an encoding and to read it back, made from docs/encodings.md alone. */
import { type Encoding, FieldType, type Projection } from "@batch-exports/core"
import type { Row, Value } from "./Value.ts"

export interface Encoder {
  /**
   * All rows, in the projection's order. Their values are already what `as` of their columns holds; a field that a record
   * lacks is written as NULL. Throws a `NoForm` for a column that cannot be written.
   */
  readonly encode: (projection: Projection.Projection, rows: Iterable<Row>) => Uint8Array
}

/** Both ways: what is written here can be read here. */
export interface Codec extends Encoder {
  readonly name: Encoding.EncodingName
  /** Whether a column has a form in this encoding. */
  readonly takes: (column: Projection.Column) => boolean
  /** Throws a `Malformed` where the bytes are not this encoding of these columns. */
  readonly decode: (projection: Projection.Projection, bytes: Uint8Array) => ReadonlyArray<Row>
}

/** What an encoder makes of single values. */
export type ColumnValue = readonly [column: Projection.Column, value: Value]

export class Malformed extends Error {
  override readonly name = "Malformed"
}

export class NoForm extends Error {
  override readonly name = "NoForm"
  constructor(encoding: string, type: FieldType.FieldType) {
    super(`${encoding} has no form for ${FieldType.format(type)}`)
  }
}

export const cellsOf = (projection: Projection.Projection, row: Row): ReadonlyArray<ColumnValue> =>
  projection.columns.map((column) => [column, row[column.field.name] ?? null])

export const rowOf = (projection: Projection.Projection, values: ReadonlyArray<Value>): Row =>
  Object.fromEntries(projection.columns.map(({ field }, index) => [field.name, values[index] ?? null]))

/** Text that must be UTF-8 to the last byte: a decoder that repairs would hide what a destination broke. */
export const utf8 = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Malformed("the bytes are not UTF-8")
  }
}

/** The lines of a text in which each record ends with a line feed. */
export const lines = (text: string): ReadonlyArray<string> => {
  const all = text.split("\n")
  if (all.pop() !== "") throw new Malformed("the last record has no line feed at its end")
  return all
}
