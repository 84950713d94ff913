/**
 * Field types and Postgres types: which column a new table gets for a field, and which existing columns a field may be
 * written to. Widening is accepted, and a shorter text column (the policy for unfit values cuts there); whatever else
 * could lose a value is not.
 */
import { FieldType } from "@batch-exports/core"

export interface NewColumnType {
  /** As in CREATE TABLE: `VARCHAR(200)`. */
  readonly sql: string
  /** As Postgres itself says it afterwards (`format_type`): `character varying(200)`. */
  readonly name: string
  /** What of the field's type the column holds: Postgres keeps microseconds, so a timestamp(9) becomes a timestamp(6). */
  readonly as: FieldType.FieldType
}

const same = (type: FieldType.FieldType, name: string, sql = name.toUpperCase()): NewColumnType => ({
  sql,
  name,
  as: type,
})

/** Longer limits are refused by Postgres (MaxAttrSize). */
const maxVarchar = 10_485_760
const maxPrecision = 1000
const microseconds = 6

export const jsonTypes = ["jsonb", "json"] as const

export type JsonType = (typeof jsonTypes)[number]

/** The column of a new table; undefined where Postgres has none that holds the type without loss. */
export const newColumnType = (type: FieldType.FieldType, json: JsonType = "jsonb"): NewColumnType | undefined => {
  switch (type._tag) {
    case "Bool":
      return same(type, "boolean")
    case "Int":
      return same(type, { 16: "smallint", 32: "integer", 64: "bigint" }[type.bits])
    case "Float":
      return same(type, { 32: "real", 64: "double precision" }[type.bits])
    case "Decimal":
      return type.precision > maxPrecision
        ? same(type, "numeric")
        : same(type, `numeric(${type.precision},${type.scale})`)
    case "Text":
      return type.maxLength === undefined || type.maxLength > maxVarchar
        ? { sql: "TEXT", name: "text", as: FieldType.text() }
        : same(type, `character varying(${type.maxLength})`, `VARCHAR(${type.maxLength})`)
    case "Json":
      return same(type, json)
    case "Uuid":
      return same(type, "uuid")
    case "Bytes":
      return same(type, "bytea")
    case "Date":
      return same(type, "date")
    case "Timestamp":
      return {
        ...same(type, "timestamp with time zone"),
        as: FieldType.timestamp(Math.min(type.digits, microseconds)),
      }
    case "Inet":
      return same(type, "inet")
    case "List": {
      // Postgres arrays are rectangular: a list of lists of different lengths is none.
      const element = type.of._tag === "List" ? undefined : newColumnType(type.of, json)
      return element && { sql: `${element.sql}[]`, name: `${element.name}[]`, as: FieldType.list(element.as) }
    }
    default:
      return type satisfies never
  }
}

/** What `pg_type` says of a column's type. For an array, `element` is set and `name` is of no interest. */
export interface PgType {
  /** `typname`: `int4`, `varchar`. Null when the type is not Postgres's own, nor a known extension's. */
  readonly name: string | null
  readonly typmod: number
  readonly element: string | null
}

/** The type that the source must render for this column, or undefined where the column cannot take the field. */
export const accept = (field: FieldType.FieldType, column: PgType): FieldType.FieldType | undefined => {
  if (column.element !== null) {
    if (field._tag !== "List" || field.of._tag === "List") return undefined
    const of = accept(field.of, { name: column.element, typmod: column.typmod, element: null })
    return of && FieldType.list(of)
  }
  if (column.name === null) return undefined
  const pairs = accepted[field._tag]
  return Object.hasOwn(pairs, column.name) ? pairs[column.name]?.(field, column.typmod) : undefined
}

type Accept = (field: FieldType.FieldType, typmod: number) => FieldType.FieldType | undefined

const asItIs: Accept = (field) => field
const asText: Accept = () => FieldType.text()
/** The typmod of a length-limited text is the limit plus the size of a header. */
const asLimitedText: Accept = (_, typmod) => (typmod < 0 ? FieldType.text() : FieldType.text(typmod - 4))
/** A text of fixed form, such as a UUID, must fit whole: half of it is nothing. */
const asWholeText =
  (length: number): Accept =>
  (_, typmod) =>
    typmod < 0 || typmod - 4 >= length ? FieldType.text() : undefined
const intOf =
  (...bits: ReadonlyArray<16 | 32 | 64>) =>
  (to: 16 | 32 | 64): Accept =>
  (field) =>
    field._tag === "Int" && bits.includes(field.bits) ? { _tag: "Int", bits: to } : undefined

/** Digits that the widest value of each integer type has. */
const intDigits = { 16: 5, 32: 10, 64: 19 } as const

const asNumeric: Accept = (field, typmod) => {
  if (typmod < 0) return field
  const precision = ((typmod - 4) >> 16) & 0xff_ff
  // Since Postgres 15 the scale may be negative, in 11 bits.
  const scale = (((typmod - 4) & 0x7_ff) ^ 1024) - 1024
  const [whole, fraction] =
    field._tag === "Int"
      ? [intDigits[field.bits], 0]
      : field._tag === "Decimal"
        ? [field.precision - field.scale, field.scale]
        : [Infinity, Infinity]
  return scale >= fraction && precision - scale >= whole ? FieldType.decimal(precision, scale) : undefined
}

const asTimestamp: Accept = (field, typmod) =>
  field._tag === "Timestamp"
    ? FieldType.timestamp(Math.min(field.digits, typmod < 0 ? microseconds : typmod))
    : undefined

const uuidLength = 36
/** `ffff:…:255.255.255.255`, the longest that Postgres writes. */
const inetLength = 45

/** Field type → Postgres type → what to render. A pair that is not here is refused. */
const accepted: Readonly<Record<FieldType.Tag, Readonly<Record<string, Accept>>>> = {
  Bool: { bool: asItIs },
  Int: {
    int2: intOf(16)(16),
    int4: intOf(16, 32)(32),
    int8: intOf(16, 32, 64)(64),
    numeric: asNumeric,
  },
  Float: {
    float4: (field) => (field._tag === "Float" && field.bits === 32 ? field : undefined),
    float8: () => FieldType.float64,
  },
  Decimal: { numeric: asNumeric },
  Text: { text: asText, varchar: asLimitedText, bpchar: asLimitedText, citext: asText },
  Json: { jsonb: asItIs, json: asItIs, text: asText },
  Uuid: { uuid: asItIs, text: asWholeText(uuidLength), varchar: asWholeText(uuidLength) },
  Bytes: { bytea: asItIs },
  Date: { date: asItIs },
  // Without a zone, it is the time in UTC.
  Timestamp: { timestamptz: asTimestamp, timestamp: asTimestamp },
  Inet: { inet: asItIs, text: asWholeText(inetLength), varchar: asWholeText(inetLength) },
  List: {},
}
