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
      return { low: day(first / 86_400n), high: day(end / 86_400n - 1n) }
    case "Timestamp": {
      const { digits } = type
      // Nanoseconds end in 2262, and tens of them in 4892.
      if (digits > 8) return undefined
      const low = instant(first * ticks(digits), digits)
      if (digits > 7) return { low }
      const unseen = ticks(digits - Math.min(digits, shown))
      return { low, high: instant(end * ticks(digits) - unseen, digits) }
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

/** Seconds since 1970: the year 1 begins, and the year 10000. */
const [first, end] = [-62_135_596_800n, 253_402_300_800n]

const ticks = (digits: number) => 10n ** BigInt(digits)

const fraction = (digits: number) => (digits === 0 ? "" : `.${"9".repeat(digits)}`)

/** From integers: servers whose calendar is shorter read the text of such an instant as their own first or last one. */
const instant = (at: bigint, digits: number) => `reinterpret(toInt64(${at}), 'DateTime64(${digits}, \\'UTC\\')')`

/** No function makes such a date of a number; what is added to one is not looked at. */
const day = (at: bigint) => `(toDate32('1970-01-01') + toInt32(${at}))`

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
