/**
 * How one encoding writes a row through ClickHouse's `FORMAT Template`: an expression for each value, how the server
 * escapes it, and the text around it. An encoding knows field types, and nothing of models.
 */
import type { Encoding } from "@batch-exports/core"
import type { Value } from "../values/Value.ts"

/** `Raw` writes NULL as \N, so a `Raw` expression must not be Nullable. */
export type Escaping = "Raw" | "Escaped" | "JSON"

export interface Slot {
  readonly sql: string
  readonly escaping: Escaping
}

/** What stands one behind the other for a value. */
export type Written = readonly [Slot, ...Array<Slot>]

/** A value in its place in the row. */
export interface Cell {
  readonly value: Value
  /** What the target calls its column's type. */
  readonly targetType: string
  /** From 0. */
  readonly index: number
  /** How many there are in a row. */
  readonly columns: number
}

/** What the same rows look like to a server that knows one way of escaping for all values, and no templates. */
export interface Separated {
  readonly escaping: Escaping
  readonly between: string
  readonly after: string
}
/** A row is a line, or fields that begin with their length in four bytes. */
export type Framing = "lines" | "fields"

export interface RowEncoding {
  readonly name: Encoding.EncodingName
  readonly framing: Framing
  /** Undefined where the encoding has no form for the value's type. */
  readonly write: (cell: Cell) => Written | undefined
  /** The row around the places where the server puts the values, one for each name. */
  readonly row: (names: ReadonlyArray<string>, slots: ReadonlyArray<string>) => string
  /** Undefined where its rows need a template. */
  readonly separated?: Separated
}

/** Text that stands in a template as it is. */
export const verbatim = (text: string): string => text.replaceAll("$", () => "$$")
