/**
 * The value of one top-level key of a stored document, as its exact JSON text or as text. ClickHouse's JSONExtractRaw writes
 * a value anew (1.50 becomes 1.5, long fractions lose digits) and takes the first of repeated keys, so it is believed only
 * where the document can be seen to hold what it says.
 */
import { all, any, bind, literal, rarely } from "../sql/text.ts"
import { contains } from "./hygiene.ts"

/** A document as stored ('' for NULL), and what was found out about it, each as SQL or as the alias of such. */
export interface Readable {
  readonly stored: string
  /** True where ClickHouse's parser reads the document and its keys are spelled without escapes. */
  readonly legible: string
  /** The tuple of `parsed`. */
  readonly parsed: string
}

/** One parse for all wanted keys, first occurrences. Meaningless for documents that are not legible. */
export const parsed = (stored: string, keys: ReadonlyArray<string>): string =>
  `JSONExtract(${stored}, ${literal(`Tuple(${keys.map((key) => `${JSON.stringify(key)} Nullable(String)`).join(", ")})`)})`

const string = String.raw`"(?:[^"\\]|\\.)*"`

/** Escapes of the characters of `$set`, `$set_once`, `$ip` and `$session_id`. */
const escapedLetter = String.raw`\\u00(?:24|5[fF]|6[3459eEfF]|7[034])`

/** True where no key is spelled with escapes, so that a plain search finds each one. */
export const isPlainlySpelled = (document: string): string =>
  any(`NOT ${contains(document, "\\u00")}`, `NOT multiMatchAny(${document}, [${literal(escapedLetter)}])`)

/** The last member's value as its text, of any valid document: '' when the key is absent. Slow. */
const lastMember = (stored: string, key: string): string => {
  const tokens = `extractAll(${stored}, ${literal(`${string}|[\\[\\]{}:,]|[^"\\[\\]{}:,]+`)})`
  const depths = "arrayCumSum(arrayMap(t -> multiIf(t IN ('[', '{'), 1, t IN (']', '}'), -1, 0), ts))"
  // The braces of the outermost object and its commas stand around its members.
  const bounds =
    "arrayFilter((i, t, d) -> (d = 1 AND t IN ('{', ',')) OR (d = 0 AND t = '}'), arrayEnumerate(ts), ts, ds)"
  const members =
    "arrayMap((a, b) -> arrayStringConcat(arraySlice(ts, a + 1, b - a - 1)), arrayPopBack(bs), arrayPopFront(bs))"
  const keyText = `extract(m, ${literal(`^\\s*(${string})`)})`
  const isKey = `JSONExtractString(concat('[', ${keyText}, ']'), 1) = ${literal(key)}`
  const member = `arrayLast(m -> ${isKey}, ${members})`
  const value = `replaceRegexpOne(replaceRegexpOne(${member}, ${literal(`^\\s*${string}\\s*:\\s*`)}, ''), '\\\\s+$', '')`
  const found = bind("ts", tokens, bind("ds", depths, bind("bs", bounds, value)))
  return `if(match(${stored}, '^\\\\s*\\\\{'), ${found}, '')`
}

const isSingle = (document: string, key: string) => `countSubstrings(${document}, ${literal(JSON.stringify(key))}) = 1`

const member = (source: Readable, key: string) => `ifNull(tupleElement(${source.parsed}, ${literal(key)}), '')`

/**
 * A value from where it starts, in a document known to be valid, so that brackets need not be told apart. Nesting deeper than
 * the pattern does not match, and neither does a value that has no end.
 */
const leadingValue = (() => {
  let inside = `[^{}\\[\\]"]|${string}`
  for (let depth = 0; depth < 8; depth++) inside = `[^{}\\[\\]"]|${string}|[{\\[](?:${inside})*[}\\]]`
  return `^(?:${string}|[{\\[](?:${inside})*[}\\]]|[^{}\\[\\]",\\s]+)`
})()

/** Exact JSON text of the member; '' where it is absent or `null`. */
export const memberJson = (source: Readable, key: string): string => {
  const name = JSON.stringify(key)
  const afterName = (document: string) =>
    `substring(${document}, position(${document}, ${literal(`${name}:`)}) + ${name.length + 1})`
  const located = (document: string) =>
    bind(
      "at",
      `extract(trimLeft(${afterName(document)}), ${literal(leadingValue)})`,
      rarely({
        // With one occurrence in all, a top-level member that ClickHouse has found must be it.
        rare: `NOT ${all(source.legible, `${member(source, key)} != ''`, isSingle(document, key), "at != ''")}`,
        input: document,
        name: "m1",
        slow: (text) => bind("v", lastMember(text, key), "if(v = 'null', '', v)"),
        otherwise: "at",
      }),
    )
  return rarely({
    rare: any(`NOT ${source.legible}`, contains(source.stored, name)),
    input: source.stored,
    name: "m0",
    slow: located,
    otherwise: "''",
  })
}

/**
 * The member as text, Nullable: a string as its text, another value as its JSON text, NULL where it is absent or `null`. A
 * single member that is a string with something in it is left to ClickHouse.
 */
export const memberText = (source: Readable, key: string): string => {
  const { legible, stored } = source
  const found = member(source, key)
  const name = JSON.stringify(key)
  const isNull = any(contains(stored, `${name}:null`), contains(stored, `${name}: null`))
  // ClickHouse gives other values as text too, but in its own way.
  const isString = all(any(contains(stored, `${name}:"`), contains(stored, `${name}: "`)), `${found} != ''`)
  const asText = bind(
    "v",
    lastMember("n0", key),
    "multiIf(v IN ('', 'null'), NULL, startsWith(v, '\"'), JSONExtractString(concat('[', v, ']'), 1), v)",
  )
  return rarely({
    rare: any(
      `NOT ${legible}`,
      all(contains(stored, name), `NOT ${all(isSingle(stored, key), any(isString, isNull))}`),
    ),
    input: stored,
    name: "n0",
    slow: () => asText,
    otherwise: `nullIf(${found}, '')`,
  })
}
