/** The table of accepted pairs, for the documentation: asks the same functions that decide about a user's table. */
import { FieldType } from "@batch-exports/core"
import { binaryOids } from "./binaryForm.ts"
import { accept, newColumnType } from "./columnTypes.ts"

export interface AcceptedPair {
  readonly field: string
  /** The type of a new column. */
  readonly created: string
  /** Existing columns that take it, by how the rows can travel. */
  readonly binary: ReadonlyArray<string>
  readonly text: ReadonlyArray<string>
}

const unlimited = -1

/** Types as people write them, with `pg_type`'s name and OID. */
const candidates = [
  ["boolean", "bool", 16],
  ["smallint", "int2", 21],
  ["integer", "int4", 23],
  ["bigint", "int8", 20],
  ["numeric", "numeric", 1700],
  ["real", "float4", 700],
  ["double precision", "float8", 701],
  ["text", "text", 25],
  ["varchar", "varchar", 1043],
  ["char", "bpchar", 1042],
  ["citext", "citext", 0],
  ["jsonb", "jsonb", 3802],
  ["json", "json", 114],
  ["uuid", "uuid", 2950],
  ["bytea", "bytea", 17],
  ["date", "date", 1082],
  ["timestamptz", "timestamptz", 1184],
  ["timestamp", "timestamp", 1114],
  ["time", "time", 1083],
  ["inet", "inet", 869],
  ["cidr", "cidr", 650],
  ["xml", "xml", 142],
] as const

const samples: ReadonlyArray<FieldType.FieldType> = [
  FieldType.bool,
  FieldType.int16,
  FieldType.int32,
  FieldType.int64,
  FieldType.float32,
  FieldType.float64,
  FieldType.decimal(20, 4),
  FieldType.text(),
  FieldType.text(200),
  FieldType.json,
  FieldType.uuid,
  FieldType.bytes,
  FieldType.date,
  FieldType.timestamp(6),
  FieldType.inet,
]

export const acceptedPairs = (): ReadonlyArray<AcceptedPair> =>
  samples.map((field) => {
    const taken = candidates.flatMap(([name, type, oid]) => {
      const as = accept(field, { name: type, typmod: unlimited, element: null })
      return as === undefined ? [] : [{ name, binary: binaryOids(as).includes(oid) }]
    })
    return {
      field: FieldType.format(field),
      created: newColumnType(field)?.sql ?? "",
      binary: taken.filter(({ binary }) => binary).map(({ name }) => name),
      text: taken.filter(({ binary }) => !binary).map(({ name }) => name),
    }
  })
