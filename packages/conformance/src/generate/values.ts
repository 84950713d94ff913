/** For each type: the values at its ends and those that pipelines break, and random ones. All are such that a source may send them. */
import type { FieldType } from "@batch-exports/core"
import type { Value } from "../encoders/Value.ts"
import { documents } from "./documents.ts"
import type { Random } from "./Random.ts"
import { textOfLength, texts } from "./texts.ts"

/** The values to try of a type, none of them NULL. */
export const listed = (type: FieldType.FieldType): ReadonlyArray<Value> => {
  switch (type._tag) {
    case "Bool":
      return [true, false]
    case "Int": {
      const end = 2n ** BigInt(type.bits - 1)
      const past = [1n, 127n, 255n, 32_767n, 65_535n, 2_147_483_647n, 4_294_967_295n, 9_007_199_254_740_993n]
      const all = [0n, -1n, end - 1n, end - 2n, -end, -end + 1n, ...past, ...past.map((value) => -value)]
      return [...new Set(all.filter((value) => BigInt.asIntN(type.bits, value) === value))]
    }
    case "Float":
      return type.bits === 64 ? doubles : singles
    case "Decimal":
      return decimals(type.precision, type.scale)
    case "Text": {
      const { maxLength } = type
      return maxLength === undefined
        ? texts
        : [
            ...texts.filter((text) => Array.from(text).length <= maxLength),
            textOfLength(maxLength),
            textOfLength(Math.max(0, maxLength - 1)),
          ]
    }
    case "Json":
      return documents
    case "Uuid":
      return uuids
    case "Bytes":
      return byteStrings
    case "Date":
      return dates
    case "Timestamp":
      return instants(type.digits)
    case "Inet":
      return addresses
    case "List":
      return lists(type.of)
    default:
      return type satisfies never
  }
}

const doubles = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  1 / 3,
  1e21,
  1e-7,
  123_456_789.125,
  2 ** 53,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  2.225_073_858_507_201_4e-308,
  Infinity,
  -Infinity,
  Number.NaN,
]

const singles = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  1 / 3,
  16_777_217,
  3.402_823_466e38,
  -3.402_823_466e38,
  1.175_494e-38,
  1.4e-45,
  Infinity,
  -Infinity,
  Number.NaN,
].map((value) => Math.fround(value))

const decimals = (precision: number, scale: number): ReadonlyArray<string> => {
  const write = (digits: string) => {
    const padded = digits.padStart(scale + 1, "0")
    return scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`
  }
  const digits = ["0", "1", "5", "10", "9".repeat(precision), `1${"0".repeat(precision - 1)}`].filter(
    (text) => text.length <= precision,
  )
  const positive = [...new Set(digits)].map(write)
  return [...positive, ...positive.filter((text) => /[1-9]/.test(text)).map((text) => `-${text}`)]
}

const uuids = [
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "01234567-89ab-cdef-8123-456789abcdef",
  "0190f0f0-0000-7000-8000-00000000ffff",
]

const bytesOf = (...bytes: ReadonlyArray<number>) => new Uint8Array(bytes)

const byteStrings = [
  bytesOf(),
  bytesOf(0),
  bytesOf(0xff, 0xfe),
  bytesOf(0, 0x0a, 0x0d, 0x09, 0x5c, 0x22, 0x27),
  new Uint8Array(Array.from({ length: 256 }, (_, byte) => byte)),
  new TextEncoder().encode("\\x00 \\\\ text"),
]

const dates = [
  "1970-01-01",
  "1969-12-31",
  "2000-01-01",
  "1999-12-31",
  "2000-02-29",
  "2024-02-29",
  "1900-01-01",
  "2038-01-20",
  "2299-12-31",
]

/** Both ends of what sources hold, both sides of every epoch, of hours that clocks skip or repeat, and of a leap day. */
const seconds = [
  "1970-01-01T00:00:00",
  "1969-12-31T23:59:59",
  "2000-01-01T00:00:00",
  "1999-12-31T23:59:59",
  "2024-02-29T23:59:59",
  "2026-03-29T01:30:00",
  "2026-10-25T00:30:00",
  "2026-10-25T01:30:00",
  "2038-01-19T03:14:08",
  "1900-01-01T00:00:00",
  "2262-04-11T23:47:16",
  "2299-12-31T23:59:59",
]

const instants = (digits: number): ReadonlyArray<string> => {
  if (digits === 0) return seconds.map((text) => `${text}Z`)
  const fractions = ["0", "1", "9".repeat(9), "123456789", "000000001", "000001", "999999"].map((text) =>
    text.padEnd(9, "0").slice(0, digits),
  )
  // In nanoseconds, 64 bits end in 2262.
  const held = seconds.filter((text) => digits < 9 || text < "2262-04-11T23:47:16")
  return held.flatMap((text, index) => [
    `${text}.${"0".repeat(digits)}Z`,
    `${text}.${fractions[index % fractions.length] ?? ""}Z`,
  ])
}

const addresses = [
  "0.0.0.0",
  "127.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "2001:db8::1",
  "2001:db8:1:2:3:4:5:6",
  "fe80::ffff:0:1",
]

/** Empty, of one, of all, and of one twice. Lists of sources hold no NULL. */
const lists = (of: FieldType.FieldType): ReadonlyArray<ReadonlyArray<Value>> => {
  // Long ones are long enough by themselves.
  const items = listed(of).filter((item) => String(item).length < 200)
  return [[], ...items.slice(0, 3).map((item) => [item]), items, [items[0] ?? null, items[0] ?? null]]
}

/** A random value, an end of its type every now and then. */
export const random = (type: FieldType.FieldType, choose: Random): Value => {
  if (type._tag !== "List" && choose.bool(0.3)) return choose.pick(listed(type))
  switch (type._tag) {
    case "Int":
      return BigInt.asIntN(type.bits, choose.bits(1 + choose.int(type.bits)))
    case "Float": {
      const value = (choose.int(2 ** 31) - 2 ** 30) * 2 ** (choose.int(60) - 40)
      return type.bits === 32 ? Math.fround(value) : value
    }
    case "Decimal": {
      const digits = String(choose.bits(240))
        .slice(0, 1 + choose.int(type.precision))
        .padStart(type.scale + 1, "0")
      const text = type.scale === 0 ? digits : `${digits.slice(0, -type.scale)}.${digits.slice(-type.scale)}`
      return choose.bool() && /[1-9]/.test(text) ? `-${text.replace(/^0+(?=\d)/, "")}` : text.replace(/^0+(?=\d)/, "")
    }
    case "Text":
      return randomText(choose, type.maxLength ?? 60)
    case "Json":
      return randomDocument(choose, 3)
    case "Uuid":
      return choose
        .bits(128)
        .toString(16)
        .padStart(32, "0")
        .replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
    case "Bytes":
      return new Uint8Array(Array.from({ length: choose.int(40) }, () => choose.int(256)))
    case "Date":
      return new Date(Date.UTC(1900, 0, 1 + choose.int(146_000))).toISOString().slice(0, 10)
    case "Timestamp": {
      const at = new Date(Date.UTC(1900, 0, 1) + choose.int(type.digits < 9 ? 12_600_000 : 11_400_000) * 1_000_000)
        .toISOString()
        .slice(0, 19)
      const fraction = String(choose.bits(30)).padStart(9, "0").slice(-type.digits)
      return type.digits === 0 ? `${at}Z` : `${at}.${fraction.slice(0, type.digits)}Z`
    }
    case "Inet":
      return choose.bool()
        ? [0, 0, 0, 0].map(() => choose.int(256)).join(".")
        : Array.from({ length: 8 }, () => (1 + choose.int(65_535)).toString(16)).join(":")
    case "List":
      return Array.from({ length: choose.int(6) }, () => random(type.of, choose))
    case "Bool":
      return choose.bool()
    default:
      return type satisfies never
  }
}

const alphabet = [
  "a",
  "Z",
  "0",
  " ",
  "\\",
  "\\",
  '"',
  "'",
  "\n",
  "\r",
  "\t",
  ",",
  "{",
  "}",
  "N",
  "u0000",
  "é",
  "e\u0301",
  "漢",
  "\u{1f600}",
  "\u0001",
  "\u007f",
  "\u2028",
  "\ufeff",
  "\ufffd",
]

const randomText = (choose: Random, longest: number): string => {
  const text = Array.from({ length: choose.int(Math.min(longest, 60) + 1) }, () => choose.pick(alphabet)).join("")
  return Array.from(text).slice(0, longest).join("")
}

const randomDocument = (choose: Random, depth: number): string => {
  const kind = depth === 0 ? choose.int(4) : choose.int(6)
  if (kind === 0)
    return choose.pick([
      "true",
      "false",
      "0",
      "-0.0",
      "1e10",
      "12345678901234567890",
      "1.50",
      String(choose.int(1_000_000)),
    ])
  if (kind <= 3) return JSON.stringify(randomText(choose, 20))
  const items = Array.from({ length: choose.int(4) }, () => randomDocument(choose, depth - 1))
  return kind === 4
    ? `[${items.join(",")}]`
    : `{${items.map((item) => `${JSON.stringify(randomText(choose, 4))}:${item}`).join(",")}}`
}
