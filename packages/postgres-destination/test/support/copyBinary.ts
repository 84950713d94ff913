/** Tuples of `postgres-copy-binary` from single cells, by the suite's reference encoder. */
import { postgresCopyBinary, type Value } from "@batch-exports/conformance/encoders"
import { FieldType, type Projection } from "@batch-exports/core"

export interface Cell {
  readonly as: FieldType.FieldType
  /** As `format_type` says it. */
  readonly targetType: string
  readonly value: Value
}

export const tuple = (cells: ReadonlyArray<Cell>): Buffer => {
  const columns = cells.map(({ as, targetType }, index): Projection.Column => ({
    field: { name: `c${index}`, type: as, nullable: true, description: "", created: true },
    as,
    targetType,
    unfit: "nearest",
  }))
  const row = Object.fromEntries(cells.map(({ value }, index) => [`c${index}`, value]))
  const projection = { encoding: postgresCopyBinary.name, columns: columns as never, leftOut: [] }
  return Buffer.from(postgresCopyBinary.encode(projection, [row]))
}

/** A record of the model "pairs". */
export const pair = (id: bigint | null, note: string | null): Buffer =>
  tuple([
    { as: FieldType.int32, targetType: "integer", value: id },
    { as: FieldType.text(200), targetType: "character varying(200)", value: note },
  ])

/** Every third note is NULL. */
export const binaryPairs = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, id) => pair(BigInt(id), id % 3 === 0 ? null : `note ${id} \uffff`)))
