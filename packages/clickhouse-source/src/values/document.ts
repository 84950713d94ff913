/** The rules of docs/values.md for JSON documents that are kept in String columns. */
import { all, any, bind, literal, literals, rarely } from "../sql/text.ts"
import { hasLongExponent, isStorableJson, withoutStrings } from "./grammar.ts"
import { cleaned, contains, quoted } from "./hygiene.ts"

/**
 * Escapes that Postgres cannot store: \u0000, and halves of surrogate pairs. Escaped backslashes and whole pairs are matched
 * first and kept, so that `\\u0000` stays a backslash and five characters.
 */
const badEscapes = String.raw`(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})`

/**
 * What may be a number whose exponent has four digits. Positive exponents of other numbers than zero fail isValidJSON. The first
 * patterns are quick, but identifiers match them; the second looks for what may stand before a number.
 */
const quickExponents = ["[eE]-[0-9]{4}", String.raw`0[eE]\+?[0-9]{4}`]
const likelyExponent = String.raw`[:,\[\s]-?[0-9][0-9.]*[eE][+-]?[0-9]{4}`

const withoutBadEscapes = (text: string) => `replaceRegexpAll(${text}, ${literal(badEscapes)}, '\\\\1')`

/** Rules 2 and 3. */
const asText = (text: string) => `replaceRegexpOne(${cleaned(text)}, ${literal(String.raw`^\x{FEFF}`)}, '')`

/**
 * The fast checks: true of documents that are stored byte for byte. A document that is not an object fails them too; the
 * slow path knows better, and such properties are rare. `parsed` may say that the document has been read already.
 */
export const isVouched = (document: string, defensive: boolean, parsed?: string): string =>
  all(
    `startsWith(${document}, '{')`,
    parsed === undefined ? `isValidJSON(${document})` : any(parsed, `isValidJSON(${document})`),
    `NOT ${contains(document, "\\u0000")}`,
    ...(defensive ? [`NOT multiSearchAny(${document}, ['\\\\ud', '\\\\uD'])`] : []),
    `NOT ${all(...[quickExponents, [likelyExponent]].map((patterns) => `multiMatchAny(${document}, ${literals(patterns)})`))}`,
  )

/** What the server's own parser vouches for, without a judgement of ours. Long numbers and deep nesting are not among it. */
const isSafe = (text: string) => all(`isValidJSON(${text})`, `NOT ${hasLongExponent(withoutStrings(text))}`)

/** Rules 1 to 6 of a document that the fast checks do not vouch for; '' means NULL. */
export const repaired = (document: string, defensive: boolean): string => {
  const storable = (text: string) =>
    all(
      // A removed escape may leave a new one behind, as in \u00\u000000.
      `${withoutBadEscapes(text)} = ${text}`,
      defensive ? isSafe(text) : isStorableJson(text),
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

