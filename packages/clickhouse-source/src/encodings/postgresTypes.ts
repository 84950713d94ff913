/**
 * The types of Postgres whose binary form this source writes, as `format_type` names them. Postgres takes the bytes of another
 * type without a word wherever they happen to make sense, so a pair that is not here is refused before anything is read.
 */
import { FieldType } from "@batch-exports/core"

export interface BinaryType {
  /** Without length or precision, and without the brackets of an array. */
  readonly name: string
  /** `pg_type.oid`, the same in every Postgres: arrays say of what type their elements are. */
  readonly oid: number
}

/** What a field's type is called without its limits, and the OID. */
const types: Readonly<Record<string, readonly [field: string, oid: number]>> = {
  boolean: ["bool", 16],
  bytea: ["bytes", 17],
  bigint: ["int64", 20],
  smallint: ["int16", 21],
  integer: ["int32", 23],
  text: ["text", 25],
  json: ["json", 114],
  real: ["float32", 700],
  "double precision": ["float64", 701],
  character: ["text", 1042],
  // How a `char` without a length is called.
  bpchar: ["text", 1042],
  "character varying": ["text", 1043],
  date: ["date", 1082],
  "timestamp without time zone": ["timestamp", 1114],
  "timestamp with time zone": ["timestamp", 1184],
  uuid: ["uuid", 2950],
  jsonb: ["json", 3802],
}

export const binaryType = (type: FieldType.FieldType, targetType: string): BinaryType | undefined => {
  const name = targetType.replace(/\(\d+\)/, "")
  if (type._tag === "List") {
    return type.of._tag !== "List" && name.endsWith("[]") ? binaryType(type.of, name.slice(0, -2)) : undefined
  }
  const known = Object.hasOwn(types, name) ? types[name] : undefined
  return known !== undefined && known[0] === FieldType.format(type).replace(/\(.*/, "")
    ? { name, oid: known[1] }
    : undefined
}
