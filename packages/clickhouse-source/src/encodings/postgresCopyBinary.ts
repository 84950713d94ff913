/**
 * The rows of Postgres' COPY in binary (https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4): the number of
 * fields, then for each the length of its value, and the value. A NULL among these bytes would be written as \N and shift all
 * that follow, so whatever might be NULL stands within `ifNull`, which costs nothing where it is not.
 */
import type { FieldType } from "@batch-exports/core"
import { type BinaryType, binaryType } from "./postgresTypes.ts"
import type { Value } from "../values/Value.ts"
import type { RowEncoding } from "./RowEncoding.ts"

export const postgresCopyBinary: RowEncoding = {
  name: "postgres-copy-binary",
  framing: "fields",
  write: ({ columns, index, targetType, value }) => {
    const target = binaryType(value.type, targetType)
    const form = target && formOf(value.sql, value.type, target)
    if (form === undefined) return undefined
    const count = (sql: string) => (index === 0 ? `concat(${bigEndian(16, String(columns))}, ${sql})` : sql)
    const [head, ...rest] = isLong(value.type) ? longField(value, form) : [field(form)]
    return [{ sql: count(head), escaping: "Raw" }, ...rest.map((sql) => ({ sql, escaping: "Raw" as const }))]
  },
  row: (_names, slots) => slots.join(""),
  separated: { escaping: "Raw", between: "", after: "" },
}

interface Form {
  readonly sql: string
  /** Of every value, in bytes; where it is absent, values differ in length. */
  readonly size?: number
  /** A byte that is written before the value, and counted with it. */
  readonly version?: number
}

const minusOne = "unhex('ffffffff')"

/** NULL has the length −1, and no value. */
const field = (form: Form): string => `ifNull(concat(${head(form)}, ${form.sql}), ${minusOne})`

const head = ({ size, sql, version }: Form): string =>
  version === undefined
    ? size === undefined
      ? bigEndian(32, `length(${sql})`)
      : bytes(4, size)
    : `concat(${bigEndian(32, `length(${sql}) + 1`)}, ${bytes(1, version)})`

const isLong = (type: FieldType.FieldType) => type._tag === "Json" || type._tag === "Bytes"

/** To join a long value with its length would copy it once more. */
const longField = (value: Value, form: Form): readonly [string, string] =>
  value.emptyIsNull === true
    ? [`if(${form.sql} = '', ${minusOne}, ${head(form)})`, form.sql]
    : [`ifNull(${head(form)}, ${minusOne})`, `ifNull(${form.sql}, '')`]

/** A constant of so many bytes. */
const bytes = (size: 1 | 4, value: number): string => `unhex('${value.toString(16).padStart(size * 2, "0")}')`

const bigEndian = (bits: 16 | 32 | 64, sql: string): string =>
  `reinterpretAsFixedString(byteSwap(toInt${bits}(${sql})))`

/** Microseconds from 1970 to 2000, from where Postgres counts. */
const epochMicros = "946684800000000"
const epochDays = "10957"

const formOf = (sql: string, type: FieldType.FieldType, target: BinaryType): Form | undefined => {
  switch (type._tag) {
    case "Bool":
      return { size: 1, sql: `reinterpretAsFixedString(toUInt8(${sql}))` }
    case "Int":
      return { size: type.bits / 8, sql: bigEndian(type.bits, sql) }
    case "Float":
      return {
        size: type.bits / 8,
        sql: `reinterpretAsFixedString(byteSwap(reinterpretAsUInt${type.bits}(${sql})))`,
      }
    case "Text":
    case "Bytes":
      return { sql }
    case "Json":
      return target.name === "jsonb" ? { sql, version: 1 } : { sql }
    case "Uuid":
      return { size: 16, sql: `UUIDToNum(${sql})` }
    case "Date":
      return { size: 4, sql: bigEndian(32, `toInt32(${sql}) - ${epochDays}`) }
    case "Timestamp":
      return { size: 8, sql: bigEndian(64, `toUnixTimestamp64Micro(${sql}) - ${epochMicros}`) }
    case "List":
      return array(sql, type.of, target)
    case "Decimal":
    case "Inet":
      return undefined
    default:
      return type satisfies never
  }
}

/** Number of dimensions, whether there is a NULL, type of the elements, length and lower bound; then the elements as fields. */
const array = (sql: string, of: FieldType.FieldType, target: BinaryType): Form | undefined => {
  const element = formOf("i", of, target)
  if (element === undefined) return undefined
  const elements = `arrayStringConcat(arrayMap(i -> ${field(element)}, ${sql}))`
  const type = bytes(4, target.oid)
  const numbers = [
    bytes(4, 1),
    bigEndian(32, `arrayExists(i -> isNull(i), ${sql})`),
    type,
    bigEndian(32, `length(${sql})`),
    bytes(4, 1),
  ]
  return {
    sql: `if(empty(${sql}), concat(${bytes(4, 0)}, ${bytes(4, 0)}, ${type}), concat(${numbers.join(", ")}, ${elements}))`,
  }
}
