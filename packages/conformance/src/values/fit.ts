/**
 * The rules of docs/values.md for a value whose column is narrower than its field, or of another type: what a source sends,
 * and whether it had to be adjusted. Values given here are clean already: hygiene is the source's, before the column matters.
 */
import { FieldType } from "@batch-exports/core"
import { isList, type Value } from "../encoders/Value.ts"

export interface Fitted {
  readonly value: Value
  /** The stored value differs from the source's. */
  readonly adjusted: boolean
}

type Type<Tag extends FieldType.Tag> = Extract<FieldType.FieldType, { readonly _tag: Tag }>

const kept = (value: Value): Fitted => ({ value, adjusted: false })
const adjusted = (value: Value): Fitted => ({ value, adjusted: true })

/** Undefined where a field of that type has no meaning in such a column: a source refuses the pair before it reads. */
export const fit = (from: FieldType.FieldType, as: FieldType.FieldType, value: Value): Fitted | undefined => {
  if (value === null) return kept(null)
  switch (as._tag) {
    case "Bool":
    case "Bytes":
    case "Date":
      return from._tag === as._tag ? kept(value) : as._tag === "Date" ? toDate(from, value) : undefined
    case "Int":
      return from._tag === "Int" ? toInt(as, value as bigint) : undefined
    case "Float":
      return from._tag === "Float" || from._tag === "Int" ? toFloat(as, value as number | bigint) : undefined
    case "Decimal":
      return from._tag === "Decimal" || from._tag === "Int" ? toDecimal(as, String(value)) : undefined
    case "Text":
      return toText(from, as, value)
    case "Json":
      return toJson(from, value)
    case "Uuid":
    case "Inet":
      return from._tag === "Text" ? parsed(as, String(value)) : from._tag === as._tag ? kept(value) : undefined
    case "Timestamp":
      return from._tag === "Timestamp" ? toTimestamp(as, String(value)) : undefined
    case "List":
      return from._tag === "List" && isList(value) ? toList(from, as, value) : undefined
    default:
      return as satisfies never
  }
}

const toInt = (as: Type<"Int">, value: bigint): Fitted => {
  const highest = 2n ** BigInt(as.bits - 1) - 1n
  const nearest = value > highest ? highest : value < -highest - 1n ? -highest - 1n : value
  return { value: nearest, adjusted: nearest !== value }
}

const toFloat = (as: Type<"Float">, value: number | bigint): Fitted => {
  const wide = Number(value)
  const narrow = as.bits === 32 ? Math.fround(wide) : wide
  const exact = typeof value === "bigint" ? BigInt(narrow) === value : Object.is(narrow, value)
  return { value: narrow, adjusted: !exact }
}

const toDecimal = (as: Type<"Decimal">, text: string): Fitted | undefined => {
  const [whole = "", fraction = ""] = text.split(".")
  const fits = whole.replace("-", "").length <= Math.max(as.precision - as.scale, 1) && fraction.length <= as.scale
  return fits ? kept(as.scale === 0 ? whole : `${whole}.${fraction.padEnd(as.scale, "0")}`) : undefined
}

const toText = (from: FieldType.FieldType, as: Type<"Text">, value: Value): Fitted | undefined => {
  if (from._tag === "Bytes" || from._tag === "List") return undefined
  const points = Array.from(String(value))
  if (points.length <= (as.maxLength ?? Infinity)) return kept(String(value))
  // Half of a number or of an identifier would be another one.
  return from._tag === "Text" || from._tag === "Json" ? adjusted(points.slice(0, as.maxLength).join("")) : undefined
}

const toJson = (from: FieldType.FieldType, value: Value): Fitted | undefined => {
  if (from._tag === "Json") return kept(value)
  if (from._tag === "Int") return kept(String(value))
  const isText = from._tag === "Text" || from._tag === "Uuid" || from._tag === "Inet"
  return isText ? kept(JSON.stringify(value)) : undefined
}

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/

/** NULL is the nearest value of a text that is not in the column's form. */
const parsed = (as: Type<"Uuid"> | Type<"Inet">, text: string): Fitted => {
  const good =
    as._tag === "Uuid" ? uuid.test(text) : ipv4.test(text) || URL.parse(`http://[${text}]/`)?.hostname !== undefined
  return good ? kept(as._tag === "Uuid" ? text.toLowerCase() : text) : adjusted(null)
}

const toDate = (from: FieldType.FieldType, value: Value): Fitted | undefined =>
  from._tag === "Timestamp" ? kept(String(value).slice(0, 10)) : undefined

/** Fewer digits round to the nearest instant, halves upwards. */
const toTimestamp = (as: Type<"Timestamp">, text: string): Fitted => {
  const [, seconds = "", fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(text) ?? []
  const nanos = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0"))
  const unit = 10n ** BigInt(9 - as.digits)
  const shifted = nanos + unit / 2n
  const rounded = shifted - (((shifted % unit) + unit) % unit)
  return { value: formatNanos(rounded, as.digits), adjusted: rounded !== nanos }
}

const formatNanos = (nanos: bigint, digits: number): string => {
  const below = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = new Date(Number((nanos - below) / 1_000_000n)).toISOString().slice(0, -5)
  return digits === 0 ? `${seconds}Z` : `${seconds}.${String(below).padStart(9, "0").slice(0, digits)}Z`
}

/** Lists pass where their elements do so unchanged. */
const toList = (from: Type<"List">, as: Type<"List">, values: ReadonlyArray<Value>): Fitted | undefined => {
  const items = values.map((item) => fit(from.of, as.of, item))
  return items.every((item) => item !== undefined && !item.adjusted)
    ? kept(items.map((item) => item?.value ?? null))
    : undefined
}
