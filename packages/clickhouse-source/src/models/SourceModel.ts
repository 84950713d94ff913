/** What a model is to this source: its fields as SQL over its tables. It knows nothing of encodings or destinations. */
import type { ClickHouseSettings } from "@clickhouse/client"
import type { Model } from "@batch-exports/core"
import type { Member } from "../values/memberValue.ts"
import type { Value } from "../values/Value.ts"

export interface Named {
  readonly name: string
  readonly sql: string
}

/** A field, or what stands at a path in a field that holds documents. */
export interface Wanted {
  readonly field: string
  readonly member?: Member
}

export interface Rows {
  /**
   * Expressions with names, which later layers and the values may use. Each layer is a SELECT around the one before it: what has a
   * name there is computed once, and analysed once, however often it is used.
   */
  readonly layers?: ReadonlyArray<ReadonlyArray<Named>>
  /** One more layer, before the others. */
  readonly aliases?: ReadonlyArray<Named>
  /** In the order of the fields asked for. */
  readonly values: ReadonlyArray<Value>
  /** What goes after FROM, with the parameters `start` and `end` (microseconds since 1970, Int64) and those of `params`. */
  readonly from: string
  readonly params: Readonly<Record<string, unknown>>
  /** What the query needs, beyond the settings of all queries. The limits of the user's configuration come after them. */
  readonly settings?: ClickHouseSettings
}

/** A part of the records, told by a hash of their key, which one query can hold in memory. */
export interface Slice {
  /** From 0. */
  readonly index: number
  readonly count: number
  /** True: so much has changed that looking for what has not would cost more than sending it along. */
  readonly everything: boolean
}

/** A question that is asked before a window is read, and how many queries its answer makes of the reading. */
export interface Survey {
  readonly query: string
  readonly params: Readonly<Record<string, unknown>>
  readonly slices: (row: Readonly<Record<string, string>>) => readonly [Slice, ...Array<Slice>]
  /** About how many records that makes. */
  readonly records: (row: Readonly<Record<string, string>>) => number
}

/** The rows behind a model's records, each with the time at which it arrived: what is counted without being read. */
export interface Arrivals {
  /** What goes after FROM, in brackets where it is not a table. */
  readonly from: string
  /** SQL of the time. */
  readonly time: string
  /** What is true of the rows that arrived in the window of the parameters `start` and `end`. */
  readonly conditions: ReadonlyArray<string>
  /** Which of them count, whenever they arrived. */
  readonly where: string
  readonly params: Readonly<Record<string, unknown>>
  /** Whether the records of two adjoining windows are those of the window that both make together. */
  readonly additive: boolean
}

/** SQL over a few rows that gives the average `bytes` of a record's contents, with the parameters of the window. */
export interface Size {
  readonly query: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface Table {
  /** Quoted. */
  readonly name: string
  /** The columns that the model reads. */
  readonly columns: ReadonlyArray<string>
  /** What to write where there is no such table: completes a remedy. */
  readonly instead?: string
}

export interface SourceModel {
  readonly model: Model.Model
  /** Everything that decides which records there are and what is in them, as data that is the same from run to run. */
  readonly identity: unknown
  /** Empty where a query says what is read. */
  readonly tables: ReadonlyArray<Table>
  /** The same model for a first table of these columns, where it can do without some that not every installation has. */
  readonly adapted?: (columns: ReadonlySet<string>) => SourceModel
  readonly survey?: Survey
  /** One for each table that says when something arrived. Empty: everything is read each time, whenever it arrived. */
  readonly arrivals: ReadonlyArray<Arrivals>
  readonly size?: Size
  /** Bytes that hardly any record has more of, where something sees to that. */
  readonly largest?: number
  /** Whether a window holds what changed since its start, or everything, rather than what arrived in it. */
  readonly endless: boolean
  /** Fields that hold JSON documents, whose members may be read. */
  readonly documents: ReadonlyArray<string>
  readonly rows: (
    wanted: ReadonlyArray<Wanted>,
    options: { readonly defensive: boolean; readonly slice?: Slice },
  ) => Rows
  /** SQL that gives a row where there is anything to export at all. */
  readonly sample: { readonly query: string; readonly params: Readonly<Record<string, unknown>> }
}
