/** Documents with members at odd keys, and what a column of each type must hold of them: by plain arithmetic on the JSON text. */
import { type Json, type Random, storedDocument } from "@batch-exports/fixtures"

type Dice = Random

const strings = [
  '""',
  '"pro"',
  '"5"',
  '"9.995"',
  '"true"',
  '"a\\"b"',
  '"\\u0041"',
  '"é\\n"',
  '" 5"',
  '"1e3"',
  '"x\\u0000y"',
]
const numbers = [
  ..."0 -0 5 5.0 -5.50 9.995 -9.995 1e3 1.5e1 1.5e0 1E-2 0.1 1e400 1e-400 123456789.125 12345678.995".split(" "),
  ..."99999999.99 99999999.995 9007199254740993 9223372036854775807 9223372036854775808 123456789012345678e1".split(
    " ",
  ),
  ..."1234567890123456789012345678901234567890 0.1234567890123456789 3.00000000000000000000000000000000000001".split(
    " ",
  ),
]
const others = ["true", "false", "null", "[]", "[1, 2]", '{"x": [1.50]}']

const space = (dice: Dice) => dice.pick(["", "", "", "", " ", "\n", "  "])

/** One spelling of many. */
const spelled = (dice: Dice, key: string): string =>
  dice.chance(85)
    ? JSON.stringify(key)
    : `"${Array.from({ length: key.length }, (_, at) => `\\u${key.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")}"`

const value = (dice: Dice, keys: ReadonlyArray<string>, depth: number): string => {
  if (depth < 3 && dice.chance(45)) return object(dice, keys, depth + 1)
  const [first = "", ...rest] = dice.pick([strings, numbers, numbers, others])
  return dice.pick([first, ...rest])
}

const object = (dice: Dice, keys: ReadonlyArray<string>, depth: number): string => {
  const [first = "", ...rest] = keys
  const members = Array.from({ length: dice.below(6) }, () => {
    const key = dice.chance(90) ? dice.pick([first, ...rest]) : "other"
    return `${space(dice)}${spelled(dice, key)}${space(dice)}:${space(dice)}${value(dice, keys, depth)}${space(dice)}`
  })
  return `{${members.join(",")}}`
}

/** A document, now and then a broken one. */
export const memberDocument = (dice: Dice, keys: ReadonlyArray<string>): string => {
  const whole = object(dice, keys, 0)
  if (dice.chance(3)) return whole.slice(0, dice.below(whole.length + 1))
  return dice.chance(3) ? `${whole}\0` : whole
}

interface Expected {
  /** As it stands in a line of jsonl. */
  readonly json: string
  readonly adjusted: boolean
}

const nothing: Expected = { json: "null", adjusted: false }
const unfit: Expected = { json: "null", adjusted: true }

export const member = (document: string, path: ReadonlyArray<string>, type: string): Expected => {
  const { root, sent } = storedDocument(Buffer.from(document))
  let found: Json | undefined = root
  for (const key of path) found = found?._tag === "Object" ? found.members.get(key) : undefined
  if (found === undefined || (found._tag === "Literal" && found.text === "null")) return nothing
  const raw = (sent ?? "").slice(found.start, found.end)
  if (type === "json") return { json: raw.replaceAll(/[\r\n]/g, " "), adjusted: false }
  if (type === "text") return { json: quoted(found._tag === "String" ? found.value : raw), adjusted: false }
  const text = found._tag === "String" ? raw.slice(1, -1) : raw
  if (type === "bool") return /^(?:true|false)$/.test(text) ? { json: text, adjusted: false } : unfit
  const number = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (number === null) return unfit
  if (type === "float") return float(Number(text))
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = number
  const power = Number(exponent) - fraction.length
  const digits = BigInt(`${sign}${whole}${fraction}`)
  return type === "int" ? int(digits, power, exponent) : decimal(digits, power)
}

/** The server spells `/` plainly, and control characters as JSON.stringify does. */
const quoted = (text: string) => JSON.stringify(text)

const float = (value: number): Expected => {
  if (!Number.isFinite(value)) return unfit
  return { json: written(value), adjusted: false }
}

/** As ClickHouse writes doubles: with an exponent where JavaScript would, too, but for the sign of a positive one. */
const written = (value: number) => (Object.is(value, -0) ? "-0" : String(value).replace("e+", "e"))

/** Exponents are taken where a double is exact. */
const int = (digits: bigint, power: number, exponent: string): Expected => {
  const hasExponent = exponent !== "0"
  if (hasExponent && (String(abs(digits)).length > 15 || exponent.replace(/[+-]/, "").length > 2)) return unfit
  if (power < 0 && digits % 10n ** BigInt(-power) !== 0n) return unfit
  const value = power < 0 ? digits / 10n ** BigInt(-power) : digits * 10n ** BigInt(power)
  if (hasExponent && abs(value) >= 10n ** 15n) return unfit
  return BigInt.asIntN(64, value) === value ? { json: `"${value}"`, adjusted: false } : unfit
}

const abs = (value: bigint) => (value < 0n ? -value : value)

/** Of ten digits, two after the point. */
const decimal = (digits: bigint, power: number): Expected => {
  // Hundredths, to the nearest, halves away from zero.
  const unit = power + 2 >= 0 ? 1n : 10n ** BigInt(Math.min(-(power + 2), 500))
  const scaled = power + 2 >= 0 ? digits * 10n ** BigInt(Math.min(power + 2, 500)) : digits
  const magnitude = (abs(scaled) * 2n + unit) / (unit * 2n)
  const isExact = scaled % unit === 0n
  if (magnitude >= 10n ** 10n) return unfit
  const text = `${magnitude / 100n}.${String(magnitude % 100n).padStart(2, "0")}`
  return { json: `"${scaled < 0n && magnitude > 0n ? "-" : ""}${text}"`, adjusted: !isExact }
}
