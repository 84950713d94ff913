/**
 * One text for all values that are the same value, so that what was sent and what is read back can be compared: systems may
 * spell a number, an address or a document in their own way, and may not change it.
 */
import type { FieldType } from "@batch-exports/core"
import { canonicalJson } from "./jsonText.ts"
import { isList, type Row, type Value } from "../encoders/Value.ts"

export const canonical = (type: FieldType.FieldType, value: Value | undefined): string => {
  if (value === undefined) return "absent"
  if (value === null) return "NULL"
  switch (type._tag) {
    case "Bool":
      return String(value)
    case "Int":
      return typeof value === "bigint" ? String(value) : `not an integer: ${String(value)}`
    case "Float":
      return canonicalFloat(Number(value), type.bits)
    case "Decimal":
      return canonicalDecimal(String(value), type.scale)
    case "Text":
      return JSON.stringify(value)
    case "Json":
      return canonicalJson(String(value))
    case "Uuid":
      return String(value).toLowerCase()
    case "Inet":
      return canonicalAddress(String(value))
    case "Bytes":
      return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : `not bytes: ${String(value)}`
    case "Date":
      return String(value)
    case "Timestamp":
      return String(value).replace(/(?:\.(\d*?)0*)?Z$/, (_, digits: string | undefined) =>
        digits ? `.${digits}Z` : "Z",
      )
    case "List":
      return isList(value)
        ? `[${value.map((item) => canonical(type.of, item)).join(", ")}]`
        : `not a list: ${String(value)}`
    default:
      return type satisfies never
  }
}

/** The named fields of a record, for comparing and for people. */
export const canonicalRow = (fields: ReadonlyArray<{ readonly name: string; readonly type: FieldType.FieldType }>) => {
  return (row: Row): string =>
    `{ ${fields.map(({ name, type }) => `${name}: ${canonical(type, row[name])}`).join(", ")} }`
}

/** Any text that is read back as the same number will do: 0.1 for the float32 nearest to it. */
const canonicalFloat = (value: number, bits: 32 | 64): string =>
  Object.is(value, -0) ? "-0" : String(bits === 32 ? Math.fround(value) : value)

const canonicalDecimal = (text: string, scale: number): string => {
  const [, sign = "", whole = "", fraction = ""] = /^(-?)0*(\d*)(?:\.(\d*))?$/.exec(text) ?? []
  if (whole === "" && fraction === "" && !/^-?0+$/.test(text)) return `not a decimal: ${text}`
  const digits = fraction.replace(/0+$/, "").padEnd(scale, "0")
  const amount = `${whole === "" ? "0" : whole}${digits === "" ? "" : `.${digits}`}`
  return /[1-9]/.test(amount) ? `${sign}${amount}` : amount
}

/** A URL's host is the one place where the platform writes IPv6 addresses in one way. */
const canonicalAddress = (text: string): string => {
  const address = text.replace(/\/(?:32|128)$/, "")
  return address.includes(":") ? (URL.parse(`http://[${address}]/`)?.hostname ?? `not an address: ${text}`) : address
}
