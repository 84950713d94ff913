/**
 * What the source must render for one sink: which fields, in which order, as which types, in which encoding. The
 * destination makes it after looking at the real target; the source's query follows it to the letter.
 */
import type { EncodingName } from "./Encoding.ts"
import { type FieldType, format } from "./FieldType.ts"
import { identityFields, type Model } from "./Model.ts"
import type { Field, RecordSchema } from "./RecordSchema.ts"

/**
 * What happens to a value that `as` cannot hold: `nearest` stores the nearest value that fits and counts it; `fail`
 * stops the run. Keys and versions are always `fail`.
 */
export type Unfit = "nearest" | "fail"

export interface Column {
  readonly field: Field
  /** The type that the target's column takes, with its limits. It may be narrower or wider than `field.type`. */
  readonly as: FieldType
  /** The target column's name for its own type, for plans and for encodings that need it. */
  readonly targetType: string
  readonly unfit: Unfit
  /**
   * The same for text and JSON that no target could hold: NUL, broken UTF-8, broken documents. Absent: as `unfit` says. Where it is
   * `nearest` for a key, two keys may become one: they are one record then, and the merge decides.
   */
  readonly invalid?: Unfit
}

export interface Projection {
  readonly encoding: EncodingName
  readonly columns: readonly [Column, ...Array<Column>]
  /** Fields of the model that the target has no place for. */
  readonly leftOut: ReadonlyArray<string>
  /** How an encoding that compresses within itself, as parquet does, compresses. Absent: as the source likes. */
  readonly compression?: "none" | "gzip" | "zstd"
}

/** For targets without columns of their own: fields as the model has them, all or those given. */
export const asIs = (
  encoding: EncodingName,
  model: Model,
  fields: RecordSchema["fields"] = model.schema.fields,
): Projection => {
  const identity = identityFields(model)
  const column = (field: Field): Column => ({
    field,
    as: field.type,
    targetType: format(field.type),
    unfit: identity.has(field.name) ? "fail" : "nearest",
  })
  const [first, ...others] = fields
  return {
    encoding,
    columns: [column(first), ...others.map(column)],
    leftOut: model.schema.fields.filter((field) => !fields.includes(field)).map(({ name }) => name),
  }
}
