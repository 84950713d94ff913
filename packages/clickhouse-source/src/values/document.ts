/** The rules of docs/values.md for JSON documents that are kept in String columns. */
import { all, any, bind, literal, literals, onlyWhere } from "../sql/text.ts"
import { hasManyDigits, isStorableJson } from "./grammar.ts"
import { cleaned, quoted } from "./hygiene.ts"

/**
 * Escapes that Postgres cannot store: \u0000, and halves of surrogate pairs. Escaped backslashes and whole pairs are matched
 * first and kept, so that `\\u0000` stays a backslash and five characters.
 */
const badEscapes = String.raw`(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})`

/**
 * What isValidJSON passes and yet has to be looked at: escapes of NUL, and of characters that need none, which could spell the name
 * of a key that is searched for; and exponents of four digits, some of which Postgres refuses. Nearly all documents are told
 * from short patterns in one go. What looks like an exponent is mostly part of some identifier, so the exact patterns ask for
 * what stands around a number; they take three times as long, and few documents have to wait for them.
 */
const hasOddity = (document: string) =>
  onlyWhere(matches(document, String.raw`\\u00[02567]`, String.raw`[0-9][eE][+-]?[0-9]{4}`), document, "o0", (text) =>
    matches(
      text,
      String.raw`\\u00(?:00|24|5[fF]|6[0-9a-fA-F]|7[0-9aA])`,
      String.raw`[:,\[\s]-?[0-9][0-9.]*[eE][+-]?[0-9]{4,}[\s,\]}]`,
    ),
  )

/** Several times as fast as `match` where a pattern does not begin with letters. */
const matches = (text: string, ...patterns: ReadonlyArray<string>) => `multiMatchAny(${text}, ${literals(patterns)})`

const withoutBadEscapes = (text: string) => `replaceRegexpAll(${text}, ${literal(badEscapes)}, '\\\\1')`

/**
 * The fast checks: true of documents that are stored byte for byte, that ClickHouse's parser can read, and whose keys are
 * spelled without escapes. Other documents take the slow path, which knows better; those that are not objects do, too.
 * `parsed` may say that the document has been read already.
 */
export const isVouched = (document: string, defensive: boolean, parsed?: string): string =>
  all(
    `startsWith(${document}, '{')`,
    parsed === undefined
      ? `isValidJSON(${document})`
      : any(
          parsed,
          onlyWhere(`NOT ${parsed}`, document, "v0", (text) => `isValidJSON(${text})`),
        ),
    `NOT ${hasOddity(document)}`,
    ...(defensive ? [`NOT multiSearchAny(${document}, ['\\\\ud', '\\\\uD'])`, `NOT ${hasManyDigits(document)}`] : []),
  )

/** Rules 3 to 6 of a text that rules 1 and 2 of texts have been applied to; '' means NULL. */
export const repaired = (cleaned: string, defensive: boolean): string => {
  const storable = (text: string) =>
    all(
      // A removed escape may leave a new one behind, as in \u00\u000000.
      `${withoutBadEscapes(text)} = ${text}`,
      isStorableJson(text),
      // Defensively, two judges have to agree: deep nesting and integers past 64 bits do not pass the second.
      ...(defensive ? [`isValidJSON(${text})`, `NOT ${hasManyDigits(text)}`] : []),
    )
  const decided = `multiIf(j = '', '', ${storable("j")}, j, ${quoted("y")})`
  const unmarked = `replaceRegexpOne(${cleaned}, ${literal(String.raw`^\x{FEFF}`)}, '')`
  return bind("y", unmarked, bind("j", withoutBadEscapes("y"), decided))
}

/** The document as it is stored, Nullable. An array without elements gives NULL, so that '' costs nothing. */
export const stored = (document: string, vouched: string, defensive: boolean): string =>
  `if(${vouched}, ${document}, ${onlyWhere(all(`NOT ${vouched}`, `${document} != ''`), document, "d0", (x) => `nullIf(${repaired(cleaned(x), defensive)}, '')`)})`

/** True where the stored document differs from the source's; '' becoming NULL is not a difference. */
export const isAdjusted = (document: string, vouched: string, storedDocument: string): string =>
  `arrayMap((s, d) -> ifNull(s, '') != d, ${[storedDocument, document].map((text) => `arrayWithConstant(NOT ${vouched}, ${text})`).join(", ")})[1]`
