/**
 * Renders a model's value as the type that the target's column has: the nearest value that fits, and where that differs.
 * Pairs without a sensible meaning give `undefined`, and the export is refused before anything is read.
 */
import type { FieldType } from "@batch-exports/core"
import { any } from "../sql/text.ts"
import { cut, isoText, isWithin, quoted } from "./hygiene.ts"
import { isOutside, within } from "./range.ts"
import { type Value, withNulls } from "./Value.ts"

type Type<Tag extends FieldType.Tag> = Extract<FieldType.FieldType, { readonly _tag: Tag }>

export const cast = (value: Value, as: FieldType.FieldType): Value | undefined => converted(bounded(value, as), as)

/** Decimals are bounded where their column is read, and most of them are integers that cannot be too long. */
const bounded = (value: Value, as: FieldType.FieldType): Value => {
  const { sql, type } = value
  const outside = type._tag === "Decimal" ? undefined : isOutside(sql, type, digitsIn(as))
  return outside === undefined ? value : fitted(value, type, within(sql, type, digitsIn(as)), outside)
}

const digitsIn = (as: FieldType.FieldType) => (as._tag === "Timestamp" ? as.digits : undefined)

const converted = (value: Value, as: FieldType.FieldType): Value | undefined => {
  switch (as._tag) {
    case "Bool":
    case "Bytes":
      return value.type._tag === as._tag ? value : undefined
    case "Int":
      return value.type._tag === "Int" ? toInt(value, value.type, as) : undefined
    case "Float":
      return toFloat(value, as)
    case "Decimal":
      return toDecimal(value, as)
    case "Text":
      return toText(value, as)
    case "Json":
      return toJson(value)
    case "Uuid":
      return value.type._tag === "Text" ? parsed(value, as, (sql) => `toUUIDOrNull(${sql})`) : same(value, as)
    case "Inet":
      return value.type._tag === "Text"
        ? parsed(value, as, (sql) => `if(isIPv4String(${sql}) OR isIPv6String(${sql}), ${sql}, NULL)`)
        : same(value, as)
    case "Date":
      return value.type._tag === "Timestamp" ? { ...value, type: as, sql: `toDate32(${value.sql})` } : same(value, as)
    case "Timestamp":
      return value.type._tag === "Timestamp" ? toTimestamp(value, value.type, as) : undefined
    case "List":
      return toList(value, as)
    default:
      return as satisfies never
  }
}

const same = (value: Value, as: FieldType.FieldType) => (value.type._tag === as._tag ? value : undefined)

/** The same value where `unfit` is false, with what is adjusted about it. NULL is never unfit. */
const fitted = (value: Value, type: FieldType.FieldType, sql: string, unfit?: string): Value => ({
  type,
  sql,
  nullable: value.nullable,
  ...(value.adjusted === undefined && unfit === undefined
    ? {}
    : { adjusted: any(...[value.adjusted, unfit && `ifNull(${unfit}, 0)`].filter((part) => part !== undefined)) }),
})

const bounds = { 16: ["-32768", "32767"], 32: ["-2147483648", "2147483647"] } as const

/** Past the column's range lies its nearest end; ClickHouse's own conversion would wrap around. */
const toInt = (value: Value, from: Type<"Int">, as: Type<"Int">): Value => {
  if (as.bits >= from.bits || as.bits === 64) return fitted(value, as, `toInt${as.bits}(${value.sql})`)
  const [low, high] = bounds[as.bits]
  return fitted(
    value,
    as,
    // Not least and greatest, for which NULL is no value.
    `toInt${as.bits}(multiIf(${value.sql} < ${low}, ${low}, ${value.sql} > ${high}, ${high}, ${value.sql}))`,
    `(${value.sql} < ${low} OR ${value.sql} > ${high})`,
  )
}

const toFloat = (value: Value, as: Type<"Float">): Value | undefined => {
  if (value.type._tag !== "Float" && value.type._tag !== "Int") return undefined
  const sql = `toFloat${as.bits}(${value.sql})`
  const exact = value.type._tag === "Float" ? value.type.bits <= as.bits : value.type.bits < as.bits
  return exact ? fitted(value, as, sql) : fitted(value, as, sql, `(isFinite(${value.sql}) AND ${sql} != ${value.sql})`)
}

const digitsOf = { 16: 5, 32: 10, 64: 19 } as const

/** ClickHouse's widest decimal. */
const decimalDigits = 76

/** Where the column has as many digits before the point, nothing is lost. */
const toDecimal = (value: Value, as: Type<"Decimal">): Value | undefined => {
  const { type } = value
  if (type._tag !== "Int" && type._tag !== "Decimal") return undefined
  const [whole, scale] = type._tag === "Int" ? [digitsOf[type.bits], 0] : [type.precision - type.scale, type.scale]
  const fits = as.precision - as.scale >= whole && as.scale >= scale && whole + as.scale <= decimalDigits
  return fits ? { ...value, type: as, sql: `toDecimal256(${value.sql}, ${as.scale})` } : undefined
}

const toText = (value: Value, as: Type<"Text">): Value | undefined => {
  const { type } = value
  if (type._tag === "Text" || type._tag === "Json") return limited(withNulls(value), as)
  const length = textLength(type)
  if (length === undefined || length > (as.maxLength ?? Infinity)) return undefined
  return type._tag === "Timestamp"
    ? { ...value, type: as, sql: isoText(value.sql) }
    : { ...value, type: as, sql: `toString(${value.sql})` }
}

const limited = (value: Value, as: Type<"Text">): Value =>
  as.maxLength === undefined
    ? { ...value, type: as }
    : fitted(value, as, cut(value.sql, as.maxLength), `NOT ${isWithin(value.sql, as.maxLength)}`)

/** The longest text of a value whose text may not be cut; undefined where it has none. */
const textLength = (type: FieldType.FieldType): number | undefined => {
  switch (type._tag) {
    case "Bool":
      return 5
    case "Int":
      return digitsOf[type.bits] + 1
    case "Float":
      return 25
    case "Decimal":
      return type.precision + 2
    case "Uuid":
      return 36
    case "Date":
      return 10
    case "Timestamp":
      return type.digits === 0 ? 20 : 21 + type.digits
    case "Inet":
      return 45
    case "Text":
    case "Json":
    case "Bytes":
    case "List":
      return undefined
    default:
      return type satisfies never
  }
}

const toJson = (value: Value): Value | undefined => {
  const type = { _tag: "Json" } as const
  switch (value.type._tag) {
    case "Json":
      return value
    case "Text":
    case "Uuid":
    case "Inet":
      return { ...value, type, sql: quoted(value.sql) }
    case "Int":
      return { ...value, type, sql: `toString(${value.sql})` }
    case "Bool":
    case "Float":
    case "Decimal":
    case "Bytes":
    case "Date":
    case "Timestamp":
    case "List":
      return undefined
    default:
      return value.type satisfies never
  }
}

/** Text in a stricter type: NULL is the nearest value of text that is not in its form. */
const parsed = (value: Value, as: FieldType.FieldType, parse: (sql: string) => string): Value => {
  const sql = parse(value.sql)
  return { ...fitted(value, as, sql, `(isNotNull(${value.sql}) AND isNull(${sql}))`), nullable: true }
}

/** Fewer digits round to the nearest, as Postgres does. Nine digits would end in the year 2262, before our values do. */
const toTimestamp = (value: Value, from: Type<"Timestamp">, as: Type<"Timestamp">): Value | undefined => {
  if (as.digits === from.digits) return value
  if (as.digits > from.digits) {
    return as.digits < 9 ? { ...value, type: as, sql: `toDateTime64(${value.sql}, ${as.digits}, 'UTC')` } : undefined
  }
  if (from.digits > 6 && as.digits === 6) {
    const sql = `toDateTime64(${value.sql}, 6, 'UTC')`
    return fitted(value, as, sql, `(${sql} != ${value.sql})`)
  }
  if (from.digits !== 6) return undefined
  const unit = 10 ** (6 - as.digits)
  const rounded = `(toUnixTimestamp64Micro(${value.sql}) + ${unit / 2})`
  const floored = `(${rounded} - positiveModulo(${rounded}, ${unit}))`
  const sql = `toDateTime64(fromUnixTimestamp64Micro(${floored}, 'UTC'), ${as.digits}, 'UTC')`
  return fitted(value, as, sql, `(${sql} != ${value.sql})`)
}

/** Lists pass where their elements do so unchanged, but for digits of a second past the sixth: no column has room for nine. */
const toList = (value: Value, as: Type<"List">): Value | undefined => {
  if (value.type._tag !== "List") return undefined
  const { of } = value.type
  const sql = of._tag === "Decimal" ? "e" : within("e", of, digitsIn(as.of))
  const element = converted({ type: of, sql, nullable: false }, as.of)
  if (element === undefined) return undefined
  if (element.adjusted !== undefined && !(of._tag === "Timestamp" && of.digits > 6)) return undefined
  return { ...value, type: as, sql: `arrayMap(e -> ${element.sql}, ${value.sql})` }
}
