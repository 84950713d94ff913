/**
 * The values of some top-level keys of a stored document, as their exact JSON text or as text. ClickHouse's JSONExtract writes
 * a value anew (1.50 becomes 1.5, long fractions lose digits) and takes the first of repeated keys, so it is believed only
 * where the document can be seen to hold what it says. Written in layers (see models/SourceModel.ts), each with names for the next.
 */
import type { Named } from "../models/SourceModel.ts"
import { all, any, bind, literal, literals, onlyWhere } from "../sql/text.ts"

export interface Keys {
  /** Wanted as JSON text. */
  readonly json: ReadonlyArray<string>
  /** Wanted as text. */
  readonly text: ReadonlyArray<string>
}

/** A document, and what was found out about it: names of columns. */
export interface Readable {
  /** The source's column, or the member of another document. */
  readonly document: string
  /** What is stored of it; '' means NULL. The same where it is vouched for. */
  readonly stored: string
  /** True where ClickHouse's parser reads the document and its keys are spelled without escapes. */
  readonly vouched: string
  /** The tuple of `parsed`. */
  readonly parsed: string
  /** Begins the names that are made here. */
  readonly prefix: string
}

const both = ({ json, text }: Keys) => [...json, ...text]

/** Other keys may be spelled in ways that a search does not find, or name no element of a tuple: they always take the slow path. */
const isSimple = (key: string) => /^[A-Za-z0-9_$ .-]+$/.test(key)

/** Keys that a search finds in every document that is vouched for; of the other simple ones, escapes have to be looked for. */
const isPlain = (key: string) => /^[a-z_$]+$/.test(key)

const simple = (keys: Keys) => both(keys).filter(isSimple)

/** Whether a parse of the document would help. */
export const isParsable = (keys: Keys): boolean => simple(keys).length > 0

/** One parse for all simple keys, first occurrences: NULL for `null` and for an absent key. Means nothing in documents that are not vouched for. */
export const parsed = (document: string, keys: Keys): string =>
  `JSONExtract(${document}, ${literal(
    `Tuple(${simple(keys)
      .map((key) => `${JSON.stringify(key)} Nullable(String)`)
      .join(", ")})`,
  )})`

const first = ({ parsed }: Readable, key: string) => `tupleElement(${parsed}, ${literal(key)})`
/** '' where it was not. */
const found = (source: Readable, key: string) => `ifNull(${first(source, key)}, '')`

/** True where the parse found something, which it does in valid documents only. */
export const isParsed = (parsed: string, keys: Keys): string =>
  any(...simple(keys).map((key) => `isNotNull(tupleElement(${parsed}, ${literal(key)}))`))

/** Escapes of what simple keys that are not plain may hold: space, hyphen, point, digits and capitals. */
const spelledOut = (document: string) =>
  `match(${document}, ${literal(String.raw`\\u00(?:2[0dDeE]|3[0-9]|4|5[0-9aA])`)})`

const string = String.raw`"(?:[^"\\]|\\.)*"`

/**
 * A value from where it starts, in a document known to be valid, so that brackets need not be told apart. Nesting deeper than
 * the pattern does not match, and neither does a value that has no end.
 */
const leadingValue = (() => {
  let inside = `[^{}\\[\\]"]|${string}`
  for (let depth = 0; depth < 5; depth++) inside = `[^{}\\[\\]"]|${string}|[{\\[](?:${inside})*[}\\]]`
  return `^ *(?:${string}|[{\\[](?:${inside})*[}\\]]|[^{}\\[\\]",\\s]+)`
})()

/**
 * How often the name stands in the document, at any depth. In a valid document without escaped names, a name in quotes is a
 * string of its own; with one occurrence in all, a top-level member that ClickHouse has found must be it.
 */
const count = (document: string, key: string) => `countSubstrings(${document}, ${literal(JSON.stringify(key))})`

/**
 * True where a name stands more than once. Names of which one begins the others are counted together first: where there are no
 * more of them than members were found, each stands once.
 */
const repeated = (source: Readable, keys: Keys): ReadonlyArray<Named> => {
  const names = simple(keys)
  const shortest = (key: string) =>
    names.filter((other) => key.startsWith(other)).reduce((a, b) => (b.length < a.length ? b : a), key)
  return names.map((key) => {
    const begin = shortest(key)
    const group = names.filter((other) => shortest(other) === begin)
    const name = nameOf(source, keys, key, "repeated")
    if (group.length === 1) return { name, sql: `${count(source.document, key)} > 1` }
    const together = `countSubstrings(${source.document}, ${literal(JSON.stringify(begin).slice(0, -1))})`
    const members = group.map((other) => `isNotNull(${first(source, other)})`).join(" + ")
    return {
      name,
      sql: onlyWhere(`${together} > ${members}`, source.document, "c0", (document) => `${count(document, key)} > 1`),
    }
  })
}

/**
 * True where the document holds, behind the name, the very text that ClickHouse has written: a whole object, so that nothing
 * can follow in it. Of a number this would not do: 1.5 begins 1.50.
 */
const isVerbatim = (source: Readable, key: string): string => {
  const head = `${JSON.stringify(key)}:`
  const at = `position(${source.document}, ${literal(head)})`
  const text = found(source, key)
  return all(
    `startsWith(${text}, '{')`,
    `${at} > 0`,
    `substring(${source.document}, ${at} + ${head.length}, length(${text})) = ${text}`,
  )
}

/**
 * The exact text of a member that stands once in a valid document, and at the top of it; '' where it is not read. What is an
 * object up to the first closing brace is the whole value; other values are left to a pattern. `head` is the name, and a colon.
 */
const located = (document: string, head: string): string => {
  const at = `position(${document}, ${head})`
  const rest = `if(${at} = 0, '', substring(${document}, ${at} + length(${head})))`
  // Only what was matched is trimmed: the rest of the document is long.
  const other = onlyWhere(
    "NOT isValidJSON(f)",
    "r",
    "e0",
    (text) => `trimLeft(extract(${text}, ${literal(leadingValue)}))`,
  )
  const flat = "trimLeft(substring(r, 1, position(r, '}')))"
  return bind("r", rest, bind("f", `if(startsWith(${flat}, '{'), ${flat}, '')`, `if(isValidJSON(f), f, ${other})`))
}

/** A string is written by ClickHouse as its text; other values in a way of its own. */
const isString = ({ document }: Readable, key: string) => {
  const name = JSON.stringify(key)
  const next = `substring(${document}, position(${document}, ${literal(name)}) + ${name.length}, 3)`
  return any(`startsWith(${next}, ':"')`, `${next} = ': "'`)
}

const nameOf = (source: Readable, keys: Keys, key: string, what: string) =>
  `${source.prefix}_${what}${both(keys).indexOf(key)}`

/** `nested`: what is read is a member itself, which most documents may lack. */
export const layers = (source: Readable, keys: Keys, nested = false): ReadonlyArray<ReadonlyArray<Named>> => {
  const names = both(keys)
  if (names.length === 0) return []
  const name = (key: string, what: string) => nameOf(source, keys, key, what)
  const isFound = (key: string) => `isNotNull(${first(source, key)})`
  const unsure = (key: string) =>
    keys.json.includes(key)
      ? all(isFound(key), `NOT ${isVerbatim(source, key)}`)
      : all(`length(${found(source, key)}) > 0`, `NOT ${isString(source, key)}`)
  const spelled = `${source.prefix}_spelled`
  /** What the parse says of a simple key may be wrong. */
  const doubts = (key: string) => [`NOT ${source.vouched}`, name(key, "repeated"), ...(isPlain(key) ? [] : [spelled])]
  const isSlow = (key: string) => {
    const slow = isSimple(key) ? any(...doubts(key), unsure(key)) : `length(${source.stored}) > 2`
    return nested ? all(`startsWith(${source.stored}, '{')`, slow) : slow
  }
  /** Found by the parse without a doubt: only its text is wanting. */
  const isLocated = (key: string) =>
    isSimple(key) ? all(name(key, "slow"), isFound(key), `NOT ${any(...doubts(key))}`) : "0"
  return [
    [
      ...repeated(source, keys),
      ...(names.some((key) => isSimple(key) && !isPlain(key))
        ? [{ name: spelled, sql: spelledOut(source.document) }]
        : []),
    ],
    names.map((key) => ({ name: name(key, "slow"), sql: isSlow(key) })),
    [
      {
        name: lastOf(source),
        sql: onlyWhere(
          any(...names.map((key) => name(key, "slow"))),
          source.stored,
          "l0",
          readAgain(
            names,
            names.map((key) => name(key, "slow")),
            names.map(isLocated),
          ),
        ),
      },
    ],
  ].filter((layer) => layer.length > 0)
}

/** An array of the exact texts of those keys that have to be read again, and '' for the others. */
const readAgain =
  (names: ReadonlyArray<string>, slow: ReadonlyArray<string>, isLocated: ReadonlyArray<string>) =>
  (document: string): string => {
    const heads = names.map((key) => `${JSON.stringify(key)}:`)
    const quick = onlyWhere("q", document, "d1", (text) => located(text, "h"))
    const again = bind(
      "v",
      quick,
      `if(v = '', ${onlyWhere("s AND v = ''", document, "d2", (text) => lastMember(text, "k"))}, v)`,
    )
    return `arrayMap((k, h, s, q) -> ${again}, ${literals(names)}, ${literals(heads)}, [${slow.join(", ")}], [${isLocated.join(", ")}])`
  }

/** An element for each key; empty where all could be told without a slow look. */
const lastOf = (source: Readable) => `${source.prefix}_last`

const last = (source: Readable, keys: Keys, key: string) =>
  `arrayElement(${lastOf(source)}, ${both(keys).indexOf(key) + 1})`

/** The member's exact JSON text: '' where it is absent or `null`. */
export const json = (source: Readable, keys: Keys, key: string): string => {
  const slow = last(source, keys, key)
  return isSimple(key) ? `if(${nameOf(source, keys, key, "slow")}, ${slow}, ${found(source, key)})` : slow
}

/** The text of a JSON value; NULL of ''. A string's text is what it stands for, that of another value its JSON. */
export const textOf = (value: string): string =>
  `multiIf(${value} = '', NULL, startsWith(${value}, '"'), JSONExtractString(concat('[', ${value}, ']'), 1), ${value})`

/** The member as text, Nullable: NULL where it is absent or `null`. */
export const text = (source: Readable, keys: Keys, key: string): string => {
  const slow = nameOf(source, keys, key, "slow")
  const slowly = onlyWhere(slow, last(source, keys, key), "n0", textOf)
  return isSimple(key) ? `if(${slow}, ${slowly}, ${first(source, key)})` : slowly
}

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
  const isKey = `JSONExtractString(concat('[', ${keyText}, ']'), 1) = ${key}`
  const member = `arrayLast(m -> ${isKey}, ${members})`
  const value = `replaceRegexpOne(replaceRegexpOne(${member}, ${literal(`^\\s*${string}\\s*:\\s*`)}, ''), '\\\\s+$', '')`
  const exact = bind("ts", tokens, bind("ds", depths, bind("bs", bounds, value)))
  return `if(match(${stored}, '^\\\\s*\\\\{'), ${bind("v", exact, "if(v = 'null', '', v)")}, '')`
}
