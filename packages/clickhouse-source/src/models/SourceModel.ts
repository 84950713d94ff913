/** What a model is to this source: its fields as SQL over its tables. It knows nothing of encodings or destinations. */
import type { Model } from "@batch-exports/core"
import type { Value } from "../values/Value.ts"

export interface Rows {
  /** Expressions with names, which the values may use: written as a WITH clause. */
  readonly aliases: ReadonlyArray<{ readonly name: string; readonly sql: string }>
  /** In the order of the fields asked for. */
  readonly values: ReadonlyArray<Value>
  /** What goes after FROM, with the parameters `start` and `end` (microseconds since 1970, Int64) and those of `params`. */
  readonly from: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface SourceModel {
  readonly model: Model.Model
  /** Everything that decides which records there are and what is in them, as data that is the same from run to run. */
  readonly identity: unknown
  readonly table: string
  /** The columns of the table that the model reads. */
  readonly columns: ReadonlyArray<string>
  readonly rows: (fields: ReadonlyArray<string>, options: { readonly defensive: boolean }) => Rows
  /** SQL that gives a row where there is anything to export at all. */
  readonly sample: { readonly query: string; readonly params: Readonly<Record<string, unknown>> }
}
