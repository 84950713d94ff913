/** The columns whose bytes were captured from ClickHouse: each type, in each kind of target column that it may go to, with its values. */
import { FieldType, type Projection } from "@batch-exports/core"
import type { Codec, Row, Value } from "../encoders/index.ts"
import * as Types from "../generate/types.ts"
import { listed } from "../generate/values.ts"
import { targetTypeOf } from "../encoders/targetType.ts"

export interface Column {
  /** Names the vector. */
  readonly name: string
  readonly type: FieldType.FieldType
  /** As Postgres says it. */
  readonly targetType: string
  readonly values: ReadonlyArray<Value>
}

const column = (type: FieldType.FieldType, targetType: string): Column => ({
  name: `${FieldType.format(type)} in ${targetType}`,
  type,
  targetType,
  // Lists have no NULL, in ClickHouse as in our types. Long values would teach nothing here.
  values: [...listed(type), ...(type._tag === "List" ? [] : [null])].filter((value) => sizeOf(value) < 1_500),
})

const sizeOf = (value: Value): number =>
  Array.isArray(value) ? value.map(sizeOf).reduce((a, b) => a + b, 0) : String(value).length

const { json, list, text } = FieldType

/** Sources cut texts, but none cuts texts within lists. */
const isListOfLimited = (type: FieldType.FieldType) =>
  type._tag === "List" && type.of._tag === "Text" && type.of.maxLength !== undefined

export const columns: ReadonlyArray<Column> = [
  ...Types.every.filter((type) => !isListOfLimited(type)).map((type) => column(type, targetTypeOf(type))),
  column(json, "json"),
  column(list(json), "json[]"),
  column(text(), "character(200)"),
]

export const columnsOf = (codec: Codec): ReadonlyArray<Column> =>
  columns.filter((one) => codec.takes(projectionOf(codec, one).columns[0]))

export const projectionOf = (codec: Pick<Codec, "name">, { targetType, type }: Column): Projection.Projection => ({
  encoding: codec.name,
  columns: [
    {
      field: { name: "v", type, nullable: type._tag !== "List", description: "", created: true },
      as: type,
      targetType,
      unfit: "nearest",
    },
  ],
  leftOut: [],
})

export const rowsOf = ({ values }: Column): ReadonlyArray<Row> => values.map((v) => ({ v }))
