/**
 * The closed set of types that a record field may have. Sources map their own types onto it, destinations map it onto
 * theirs; both match exhaustively, so a new member fails to compile wherever it must be handled.
 */

export type FieldType =
  | { readonly _tag: "Bool" }
  | { readonly _tag: "Int"; readonly bits: 16 | 32 | 64 }
  | { readonly _tag: "Float"; readonly bits: 32 | 64 }
  /** `precision` digits in all, `scale` of them after the point. */
  | { readonly _tag: "Decimal"; readonly precision: number; readonly scale: number }
  /** `maxLength` counts Unicode code points, as SQL does. */
  | { readonly _tag: "Text"; readonly maxLength?: number }
  | { readonly _tag: "Json" }
  | { readonly _tag: "Uuid" }
  | { readonly _tag: "Bytes" }
  | { readonly _tag: "Date" }
  /** An instant in UTC with `digits` fractional digits of a second (0 to 9). */
  | { readonly _tag: "Timestamp"; readonly digits: number }
  /** An IPv4 or IPv6 address, without a network mask. */
  | { readonly _tag: "Inet" }
  | { readonly _tag: "List"; readonly of: FieldType }

export type Tag = FieldType["_tag"]

/** Every tag, for capabilities and tables. `satisfies` keeps it complete. */
export const tags = Object.keys({
  Bool: true,
  Int: true,
  Float: true,
  Decimal: true,
  Text: true,
  Json: true,
  Uuid: true,
  Bytes: true,
  Date: true,
  Timestamp: true,
  Inet: true,
  List: true,
} satisfies Record<Tag, true>) as ReadonlyArray<Tag>

export const bool: FieldType = { _tag: "Bool" }
export const int16: FieldType = { _tag: "Int", bits: 16 }
export const int32: FieldType = { _tag: "Int", bits: 32 }
export const int64: FieldType = { _tag: "Int", bits: 64 }
export const float32: FieldType = { _tag: "Float", bits: 32 }
export const float64: FieldType = { _tag: "Float", bits: 64 }
export const json: FieldType = { _tag: "Json" }
export const uuid: FieldType = { _tag: "Uuid" }
export const bytes: FieldType = { _tag: "Bytes" }
export const date: FieldType = { _tag: "Date" }
export const inet: FieldType = { _tag: "Inet" }
export const decimal = (precision: number, scale: number): FieldType => ({ _tag: "Decimal", precision, scale })
export const text = (maxLength?: number): FieldType =>
  maxLength === undefined ? { _tag: "Text" } : { _tag: "Text", maxLength }
export const timestamp = (digits = 6): FieldType => ({ _tag: "Timestamp", digits })
export const list = (of: FieldType): FieldType => ({ _tag: "List", of })

/** A short name for people: `int32`, `text(200)`, `timestamp(6)`, `list(json)`. */
export const format = (type: FieldType): string => {
  switch (type._tag) {
    case "Int":
    case "Float":
      return `${type._tag.toLowerCase()}${type.bits}`
    case "Decimal":
      return `decimal(${type.precision},${type.scale})`
    case "Text":
      return type.maxLength === undefined ? "text" : `text(${type.maxLength})`
    case "Timestamp":
      return `timestamp(${type.digits})`
    case "List":
      return `list(${format(type.of)})`
    case "Bool":
    case "Json":
    case "Uuid":
    case "Bytes":
    case "Date":
    case "Inet":
      return type._tag.toLowerCase()
    default:
      return type satisfies never
  }
}
