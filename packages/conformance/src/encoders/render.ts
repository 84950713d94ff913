/** What a source does with a model's records for one projection: fit each value to its column, count what that changed, encode. */
import { FieldType, type Projection, type Run } from "@batch-exports/core"
import { fit } from "../values/fit.ts"
import type { Row, Value } from "./Value.ts"
import { type Encoder, NoForm } from "./Encoder.ts"

export interface Rendered {
  readonly bytes: Uint8Array
  readonly tally: Run.Tally
  /** The records as they were sent: only the projection's fields, each as its column's type. */
  readonly sent: ReadonlyArray<Row>
}

/** A value does not fit where the export may not adjust it. */
export class Unfit extends Error {
  override readonly name = "Unfit"
  readonly field: string
  constructor(field: string, as: FieldType.FieldType) {
    super(`a value of "${field}" does not fit ${FieldType.format(as)}, and may not be adjusted`)
    this.field = field
  }
}

/** Throws `NoForm` for a pair of types that a source refuses, and `Unfit` where the projection allows no adjustment. */
export const render = (encoder: Encoder, projection: Projection.Projection, rows: Iterable<Row>): Rendered => {
  const adjusted: Record<string, number> = {}
  const sent = Array.from(rows, (row): Row => {
    const values = projection.columns.map((column): readonly [string, Value] => {
      const { as, field, unfit } = column
      const fitted = fit(field.type, as, row[field.name] ?? null)
      if (fitted === undefined) throw new NoForm(FieldType.format(as), field.type)
      if (fitted.adjusted && unfit === "fail") throw new Unfit(field.name, as)
      if (fitted.adjusted) adjusted[field.name] = (adjusted[field.name] ?? 0) + 1
      return [field.name, fitted.value]
    })
    return Object.fromEntries(values)
  })
  return { bytes: encoder.encode(projection, sent), tally: { rows: sent.length, adjusted }, sent }
}
