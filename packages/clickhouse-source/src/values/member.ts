/**
 * The value of one top-level key of a stored document, as its exact JSON text or as text. ClickHouse's JSONExtractRaw writes
 * a value anew (1.50 becomes 1.5, long fractions lose digits) and takes the first of repeated keys, so it is believed only
 * where the document can be seen to hold what it says.
 */
import { all, any, bind, literal, rarely } from "../sql/text.ts"

/** A document, and what was found out about it, each as SQL or as the alias of such. */
export interface Readable {
  /** The source's column. */
  readonly document: string
  /** What is stored of it, Nullable. The same where it is vouched for. */
  readonly stored: string
  /** True where ClickHouse's parser reads the document and its keys are spelled without escapes. */
  readonly vouched: string
  /** The tuple of `parsed`. */
  readonly parsed: string
}

/** One parse for all wanted keys, first occurrences. Meaningless for documents that are not vouched for. */
export const parsed = (document: string, keys: ReadonlyArray<string>): string =>
  `JSONExtract(${document}, ${literal(`Tuple(${keys.map((key) => `${JSON.stringify(key)} Nullable(String)`).join(", ")})`)})`

/** True where the parse found something, which it does in valid documents only. */
export const isParsed = (parsed: string, keys: ReadonlyArray<string>): string =>
  any(...keys.map((key) => `isNotNull(tupleElement(${parsed}, ${literal(key)}))`))

const string = String.raw`"(?:[^"\\]|\\.)*"`

/** The last member's value as its text, of any valid document: '' when the key is absent or `null`. Slow. */
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
  return `if(match(${stored}, '^\\\\s*\\\\{'), ${bind("v", found, "if(v = 'null', '', v)")}, '')`
}

/** NULL for `null` and for an absent key, and of repeated keys the first. */
const firstMember = ({ parsed }: Readable, key: string) => `tupleElement(${parsed}, ${literal(key)})`

/**
 * True where the name stands in the document more than once, at any depth. In a valid document without escaped names, a name
 * in quotes is a string of its own; with one occurrence in all, a top-level member that ClickHouse has found must be it.
 */
const isRepeated = ({ document }: Readable, key: string) =>
  `countSubstrings(${document}, ${literal(JSON.stringify(key))}) > 1`

/** What follows the first `text` in the document, at most `length` bytes of it; '' where there is none. */
const after = ({ document }: Readable, text: string, length?: number) => {
  const start = `position(${document}, ${literal(text)})`
  return `substring(${document}, if(${start} = 0, length(${document}) + 1, ${start} + ${text.length})${length === undefined ? "" : `, ${length}`})`
}

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
  const isFound = `isNotNull(${firstMember(source, key)})`
  const text = `extract(trimLeft(${after(source, `${JSON.stringify(key)}:`)}), ${literal(leadingValue)})`
  return rarely({
    rare: any(`NOT ${source.vouched}`, isRepeated(source, key), all(isFound, `${text} = ''`)),
    input: source.stored,
    name: "m0",
    slow: (stored) => lastMember(`ifNull(${stored}, '')`, key),
    otherwise: `if(${isFound}, ${text}, '')`,
  })
}

/**
 * The member as text, Nullable: a string as its text, another value as its JSON text, NULL where it is absent or `null`.
 * ClickHouse writes other values in its own way, so only a single string is left to it.
 */
export const memberText = (source: Readable, key: string): string => {
  const found = firstMember(source, key)
  const next = after(source, JSON.stringify(key), 3)
  const isString = any(`startsWith(${next}, ':"')`, `${next} = ': "'`)
  return rarely({
    rare: any(
      `NOT ${source.vouched}`,
      isRepeated(source, key),
      all(`length(assumeNotNull(${found})) > 0`, `NOT ${isString}`),
    ),
    input: source.stored,
    name: "n0",
    slow: (stored) =>
      bind(
        "t",
        lastMember(`ifNull(${stored}, '')`, key),
        "multiIf(t = '', NULL, startsWith(t, '\"'), JSONExtractString(concat('[', t, ']'), 1), t)",
      ),
    otherwise: found,
  })
}
