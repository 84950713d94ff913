/**
 * The value of one top-level key of a stored document, as its exact JSON text or as text. ClickHouse's JSONExtractRaw writes
 * a value anew (1.50 becomes 1.5, long fractions lose digits) and takes the first of repeated keys, so it is believed only
 * where the document can be seen to hold what it says.
 */
import { all, any, bind, literal, rarely } from "../sql/text.ts"

/** A document as stored ('' for NULL), and what was found out about it, each as SQL or as the alias of such. */
export interface Readable {
  readonly stored: string
  /** True where ClickHouse's parser reads the document and its keys are spelled without escapes. */
  readonly vouched: string
  /** The tuple of `parsed`. */
  readonly parsed: string
}

/** One parse for all wanted keys, first occurrences. Meaningless for documents that are not vouched for. */
export const parsed = (stored: string, keys: ReadonlyArray<string>): string =>
  `JSONExtract(${stored}, ${literal(`Tuple(${keys.map((key) => `${JSON.stringify(key)} Nullable(String)`).join(", ")})`)})`

/** True where the parse found something, which it does in valid documents only. */
export const isParsed = (parsed: string, keys: ReadonlyArray<string>): string =>
  any(...keys.map((key) => `isNotNull(tupleElement(${parsed}, ${literal(key)}))`))

const string = String.raw`"(?:[^"\\]|\\.)*"`

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

/** NULL for `null` and for an absent key, and of repeated keys the first. */
const firstMember = ({ parsed }: Readable, key: string) => `tupleElement(${parsed}, ${literal(key)})`

/**
 * How often the name stands in the document, at any depth. In a valid document without escaped names, a name in quotes is a
 * string of its own; with one occurrence in all, a top-level member that ClickHouse has found must be it.
 */
const occurrences = ({ stored }: Readable, key: string) => `countSubstrings(${stored}, ${literal(JSON.stringify(key))})`

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
  const name = `${JSON.stringify(key)}:`
  const start = (document: string) => `position(${document}, ${literal(name)})`
  const after = (document: string) => `trimLeft(substring(${document}, ${start(document)} + ${name.length}))`
  const located = (document: string) =>
    bind(
      "at",
      `if(${start(document)} = 0, '', extract(${after(document)}, ${literal(leadingValue)}))`,
      rarely({
        rare: `NOT ${all(source.vouched, `${occurrences(source, key)} = 1`, `ifNull(${firstMember(source, key)}, '') != ''`, "at != ''")}`,
        input: document,
        name: "m1",
        slow: (text) => bind("v", lastMember(text, key), "if(v = 'null', '', v)"),
        otherwise: "at",
      }),
    )
  return rarely({
    rare: any(`NOT ${source.vouched}`, `${occurrences(source, key)} > 0`),
    input: source.stored,
    name: "m0",
    slow: located,
    otherwise: "''",
  })
}

/**
 * The member as text, Nullable: a string as its text, another value as its JSON text, NULL where it is absent or `null`.
 * ClickHouse writes other values in its own way, so only a single string is left to it.
 */
export const memberText = (source: Readable, key: string): string => {
  const { vouched, stored } = source
  const name = JSON.stringify(key)
  const found = firstMember(source, key)
  const next = `substring(${stored}, position(${stored}, ${literal(name)}) + ${name.length}, 3)`
  const isString = any(`startsWith(${next}, ':"')`, `${next} = ': "'`)
  return rarely({
    rare: any(
      `NOT ${vouched}`,
      `${occurrences(source, key)} > 1`,
      all(`ifNull(${found}, '') != ''`, `NOT ${isString}`),
    ),
    input: stored,
    name: "n0",
    slow: (document) =>
      bind(
        "v",
        lastMember(document, key),
        "multiIf(v IN ('', 'null'), NULL, startsWith(v, '\"'), JSONExtractString(concat('[', v, ']'), 1), v)",
      ),
    otherwise: found,
  })
}
