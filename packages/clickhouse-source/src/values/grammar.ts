/**
 * Is this text JSON? ClickHouse's own `isValidJSON` says no to numbers past 64 bits and to nesting past 1,024 levels, and
 * yes to exponents that `jsonb` refuses. This is the whole grammar of RFC 8259, for the rare document of which that matters.
 *
 * How it works: strings become \x01, other scalars \x02, space goes. What is left is punctuation. Before each opening bracket
 * a \x02 stands for the container's value in its parent. Sorting by depth, stably, then lays the direct contents of each
 * container side by side, flat, and a regular expression can judge them.
 */
import { all, bind, literal } from "../sql/text.ts"

const string = String.raw`"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`
const number = String.raw`-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`

/** Control characters are never valid where they are not space, and would be taken for the marks below. */
const control = String.raw`[\x00-\x08\x0b\x0c\x0e-\x1f]`

const flat = (() => {
  const value = String.raw`[\x01\x02]`
  const array = String.raw`\[(?:${value}(?:,${value})*)?\]`
  const member = String.raw`\x01:${value}`
  const object = String.raw`\{(?:${member}(?:,${member})*)?\}`
  return `^${value}(?:${array}|${object})*$`
})()

const replaceAllMatches = (text: string, pattern: string, by: string) =>
  `replaceRegexpAll(${text}, ${literal(pattern)}, ${literal(by)})`

/** The document with each string as \x01: what is left outside strings can be searched. */
const withoutStrings = (text: string) => replaceAllMatches(text, string, "\u0001")

const punctuation = (stringless: string) =>
  replaceAllMatches(
    replaceAllMatches(
      replaceAllMatches(replaceAllMatches(stringless, number, "\u0002"), "true|false|null", "\u0002"),
      String.raw`[ \t\r\n]+`,
      "",
    ),
    String.raw`([\[{])`,
    "\u0002\\1",
  )

/** The deepest nesting that is stored as JSON. */
export const deepest = 5000

/** Exponents of four and more digits, which `jsonb` refuses (22003), in a document without its strings. */
const hasLongExponent = (stringless: string): string => `match(${stringless}, '[0-9][eE][+-]?[0-9]{4}')`

/**
 * More digits than any number needs. Postgres takes 131,072 before the point and 16,383 after it; with exponents of three
 * digits at most, these never add up to so many.
 */
export const hasManyDigits = (text: string): string => `match(${text}, '[0-9]{1000}')`

/**
 * SQL that is true when the String `text` is a valid document within the limits of docs/values.md. Exact, and slow: tens of
 * microseconds a kilobyte.
 */
export const isStorableJson = (text: string): string =>
  all(
    `NOT match(${text}, ${literal(control)})`,
    bind(
      "s",
      withoutStrings(text),
      all(`NOT ${hasLongExponent("s")}`, bind("p", `splitByString('', ${punctuation("s")})`, judged("p"))),
    ),
  )

/** `tokens` is one character each. A closing bracket belongs to the level that it closes. */
const judged = (tokens: string) => {
  const steps = `arrayMap(t -> multiIf(t IN ('[', '{'), 1, t IN (']', '}'), -1, 0), ${tokens})`
  const levels = `arrayMap((d, t) -> d + (t IN (']', '}')), arrayCumSum(${steps}), ${tokens})`
  // arraySort is not stable: the position has to be part of the key.
  const keys = "arrayMap((d, i) -> toInt64(d) * 4294967296 + i, l, arrayEnumerate(l))"
  const flattened = `arrayStringConcat(arraySort((t, k) -> k, ${tokens}, ${keys}))`
  return bind("l", levels, all(`arrayMax(arrayConcat([0], l)) <= ${deepest}`, `match(${flattened}, ${literal(flat)})`))
}
