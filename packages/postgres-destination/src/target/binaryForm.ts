/**
 * Which columns may be sent in binary: an allow-list of exact pairs. Postgres does not notice binary values of another type
 * (it takes the four bytes of an integer for a date, and those of jsonb for text), so a type is known by its OID here, never by
 * a name: domains, extensions' types and types of the user's have OIDs of their own, and go as text.
 */
import type { FieldType } from "@batch-exports/core"

/** Built-in types with their arrays. Their OIDs are the same in every Postgres (src/include/catalog/pg_type.dat). */
const types = {
  bool: [16, 1000],
  bytea: [17, 1001],
  int8: [20, 1016],
  int2: [21, 1005],
  int4: [23, 1007],
  text: [25, 1009],
  json: [114, 199],
  float4: [700, 1021],
  float8: [701, 1022],
  bpchar: [1042, 1014],
  varchar: [1043, 1015],
  date: [1082, 1182],
  timestamp: [1114, 1115],
  timestamptz: [1184, 1185],
  uuid: [2950, 2951],
  jsonb: [3802, 3807],
} as const

type TypeName = keyof typeof types

/** The types whose binary form the encoding writes for a field type, each as a value of its own and as an element. */
const named = (type: FieldType.FieldType): ReadonlyArray<TypeName> => {
  switch (type._tag) {
    case "Bool":
      return ["bool"]
    case "Int":
      return [({ 16: "int2", 32: "int4", 64: "int8" } as const)[type.bits]]
    case "Float":
      return [({ 32: "float4", 64: "float8" } as const)[type.bits]]
    case "Text":
      return ["text", "varchar", "bpchar"]
    case "Json":
      return ["jsonb", "json"]
    case "Uuid":
      return ["uuid"]
    case "Bytes":
      return ["bytea"]
    case "Date":
      return ["date"]
    case "Timestamp":
      // The same bytes: microseconds, of UTC or of no zone.
      return ["timestamptz", "timestamp"]
    case "Decimal":
    case "Inet":
    case "List":
      return []
    default:
      return type satisfies never
  }
}

/** The OIDs of the column types that take `as` in binary; none where there is no binary form for it. */
export const binaryOids = (as: FieldType.FieldType): ReadonlyArray<number> =>
  as._tag === "List" ? named(as.of).map((name) => types[name][1]) : named(as).map((name) => types[name][0])
