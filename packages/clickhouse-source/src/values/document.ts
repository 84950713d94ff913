/** The rules of docs/values.md for JSON documents that are kept in String columns. */
import { all, any, bind, literal, literals, rarely } from "../sql/text.ts"
import { isStorableJson } from "./grammar.ts"
import { cleaned, quoted } from "./hygiene.ts"

/**
 * Escapes that Postgres cannot store: \u0000, and halves of surrogate pairs. Escaped backslashes and whole pairs are matched
 * first and kept, so that `\\u0000` stays a backslash and five characters.
 */
const badEscapes = String.raw`(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})`

/**
 * One scan for two things that isValidJSON passes: a number, right after what may stand before one, whose exponent has four
 * digits; and escapes of NUL or of characters that need none, which could spell the name of a key that is searched for.
 */
const doubtful = [
  String.raw`[:,\[\s]-?[0-9][0-9.]*[eE][+-]?[0-9]{4}`,
  String.raw`\\u00(?:00|24|5[fF]|6[0-9a-fA-F]|7[0-9aA])`,
]

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
    `NOT multiMatchAny(${document}, ${literals(doubtful)})`,
    ...(defensive ? [`NOT multiSearchAny(${document}, ['\\\\ud', '\\\\uD'])`] : []),
  )

/** Rules 1 to 6 of a document that the fast checks do not vouch for; '' means NULL. */
export const repaired = (document: string, defensive: boolean): string => {
  const storable = (text: string) =>
    all(
      // A removed escape may leave a new one behind, as in \u00\u000000.
      `${withoutBadEscapes(text)} = ${text}`,
      // Defensively, two judges have to agree: long numbers and deep nesting do not pass the second.
      isStorableJson(text),
      ...(defensive ? [`isValidJSON(${text})`] : []),
    )
  const decided = `multiIf(j = '', '', ${storable("j")}, j, ${quoted("y")})`
  return bind("y", asText(document), bind("j", withoutBadEscapes("y"), decided))
}

/** The document as it is stored; '' means NULL. */
export const stored = (document: string, vouched: string, defensive: boolean): string =>
  rarely({
    rare: all(`NOT ${vouched}`, `${document} != ''`),
    input: document,
    name: "d0",
    slow: (x) => repaired(x, defensive),
    otherwise: document,
  })

/** True where the stored document differs from the source's; '' becoming NULL is not a difference. */
export const isAdjusted = (document: string, vouched: string, storedDocument: string): string =>
  all(`NOT ${vouched}`, `${storedDocument} != ${document}`)
