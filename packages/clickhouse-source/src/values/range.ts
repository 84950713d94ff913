/**
 * The ends of what every encoding can write: years 1 to 9999, and as many digits as a decimal's type says. ClickHouse computes past
 * both without a word. It then shows another instant as text than it holds, which binary would wrap around.
 */
import type { FieldType } from "@batch-exports/core"
import { any } from "../sql/text.ts"

interface Ends {
  readonly low?: string
  readonly high?: string
}

/**
 * Undefined where no value of the type lies outside. Constants are of the value's own scale: comparing two scales may overflow. Of
 * an instant, so many digits are `shown`: what they round to lies within as well.
 */
const endsOf = (type: FieldType.FieldType, shown: number): Ends | undefined => {
  switch (type._tag) {
    case "Date":
      return { low: `toDate32(${instant(first, 0)})`, high: `toDate32(${instant(last, 0)})` }
    case "Timestamp": {
      const { digits } = type
      // Nanoseconds end in 2262, and tens of them in 4892.
      if (digits > 8) return undefined
      const low = instant(first, digits)
      if (digits > 7) return { low }
      return { low, high: instant(`${last}${fraction(Math.min(digits, shown))}`, digits) }
    }
    case "Decimal": {
      const { precision, scale } = type
      const most = `${"9".repeat(precision - scale) || "0"}${fraction(scale)}`
      const end = (sign: "" | "-") => `CAST('${sign}${most}', 'Decimal(${precision}, ${scale})')`
      return { low: end("-"), high: end("") }
    }
    case "Bool":
    case "Int":
    case "Float":
    case "Text":
    case "Json":
    case "Uuid":
    case "Bytes":
    case "Inet":
    case "List":
      return undefined
    default:
      return type satisfies never
  }
}

const first = "0001-01-01 00:00:00"
const last = "9999-12-31 23:59:59"

const fraction = (digits: number) => (digits === 0 ? "" : `.${"9".repeat(digits)}`)

const instant = (at: string, digits: number) => `toDateTime64('${at}', ${digits}, 'UTC')`

const all = 9

/** The nearest value within; NULL stays NULL, which `least` and `greatest` pass over. */
export const within = (sql: string, type: FieldType.FieldType, shown = all): string => {
  const ends = endsOf(type, shown)
  if (ends === undefined) return sql
  const { high, low } = ends
  const below = low === undefined ? [] : [`${sql} < ${low}, ${low}`]
  const above = high === undefined ? [] : [`${sql} > ${high}, ${high}`]
  return `multiIf(${[...below, ...above, sql].join(", ")})`
}

/** Undefined where nothing is. */
export const isOutside = (sql: string, type: FieldType.FieldType, shown = all): string | undefined => {
  const ends = endsOf(type, shown)
  if (ends === undefined) return undefined
  const { high, low } = ends
  return any(...(low === undefined ? [] : [`${sql} < ${low}`]), ...(high === undefined ? [] : [`${sql} > ${high}`]))
}
