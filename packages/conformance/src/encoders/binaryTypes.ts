/** Which columns have a form in `postgres-copy-binary`, and the OIDs by which arrays say what their elements are. */
import { FieldType } from "@batch-exports/core"

/** As `format_type` names the type, without a limit → the field type that it holds, without its limits, and its OID. */
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
  bpchar: ["text", 1042],
  "character varying": ["text", 1043],
  date: ["date", 1082],
  "timestamp without time zone": ["timestamp", 1114],
  "timestamp with time zone": ["timestamp", 1184],
  uuid: ["uuid", 2950],
  jsonb: ["json", 3802],
}

/** The OID of the type, or of the elements of a list; undefined where such a column has no form. */
export const oidOf = (as: FieldType.FieldType, targetType: string): number | undefined => {
  const type = targetType.replace(/\(\d+\)/, "")
  if (as._tag === "List") {
    return type.endsWith("[]") && as.of._tag !== "List" ? oidOf(as.of, type.slice(0, -2)) : undefined
  }
  // Postgres keeps microseconds.
  if (as._tag === "Timestamp" && as.digits > 6) return undefined
  const [field, oid] = Object.hasOwn(types, type) ? (types[type] ?? []) : []
  return field === FieldType.format(as).replace(/\(.*/, "") ? oid : undefined
}
