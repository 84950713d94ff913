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
 * Escapes of NUL, and of characters that need none, which could spell the name of a key that is searched for. isValidJSON
 * passes them, and it passes some exponents of four digits.
 */
const oddEscape = String.raw`\\u00(?:00|24|5[fF]|6[0-9a-fA-F]|7[0-9aA])`

/** Every long exponent matches the first, and so do many identifiers; the second looks for what may stand before a number. */
const longExponents = ["[0-9][eE][+-]?[0-9]{4}", String.raw`[:,\[\s]-?[0-9][0-9.]*[eE][+-]?[0-9]{4}`]

const withoutBadEscapes = (text: string) => `replaceRegexpAll(${text}, ${literal(badEscapes)}, '\\\\1')`

/** Rules 2 and 3. */
const asText = (text: string) => `replaceRegexpOne(${cleaned(text)}, ${literal(String.raw`^\x{FEFF}`)}, '')`

/**
 * The fast checks: true of documents that are stored byte for byte, that ClickHouse's parser can read, and whose keys are
 * spelled without escapes. Other documents take the slow path, which knows better; those that are not objects do, too.
 * `parsed` may say that the document has been read already.
 */
export const isVouched = (document: string, defensive: boolean, parsed?: string): string =>
  all(
    `startsWith(${document}, '{')`,
    parsed === undefined ? `isValidJSON(${document})` : any(parsed, `isValidJSON(${document})`),
    `NOT ${all(...longExponents.map((exponent) => `multiMatchAny(${document}, ${literals([exponent, oddEscape])})`))}`,
    ...(defensive ? [`NOT multiSearchAny(${document}, ['\\\\ud', '\\\\uD'])`, `NOT ${hasManyDigits(document)}`] : []),
  )

/** Rules 1 to 6 of a document that the fast checks do not vouch for; '' means NULL. */
const repaired = (document: string, defensive: boolean): string => {
  const storable = (text: string) =>
    all(
      // A removed escape may leave a new one behind, as in \u00\u000000.
      `${withoutBadEscapes(text)} = ${text}`,
      isStorableJson(text),
      // Defensively, two judges have to agree: deep nesting and integers past 64 bits do not pass the second.
      ...(defensive ? [`isValidJSON(${text})`, `NOT ${hasManyDigits(text)}`] : []),
    )
  const decided = `multiIf(j = '', '', ${storable("j")}, j, ${quoted("y")})`
  return bind("y", asText(document), bind("j", withoutBadEscapes("y"), decided))
}

/** The document as it is stored, Nullable. An array without elements gives NULL, so that '' costs nothing. */
export const stored = (document: string, vouched: string, defensive: boolean): string =>
  `if(${vouched}, ${document}, ${onlyWhere(all(`NOT ${vouched}`, `${document} != ''`), document, "d0", (x) => `nullIf(${repaired(x, defensive)}, '')`)})`

/** True where the stored document differs from the source's; '' becoming NULL is not a difference. */
export const isAdjusted = (document: string, vouched: string, storedDocument: string): string =>
  all(`NOT ${vouched}`, `ifNull(${storedDocument}, '') != ${document}`)
