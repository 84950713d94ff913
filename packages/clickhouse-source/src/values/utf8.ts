/**
 * Each run of bytes that is not valid UTF-8 becomes one U+FFFD. ClickHouse's own toValidUTF8 is not used: after the first byte
 * of a character that never comes whole it skips as many bytes as that character would have had, letters and quotes included.
 */
import { bind, literal, rarely } from "../sql/text.ts"

/** The well-formed sequences (Unicode 16, table 3-7) in hexadecimal, where every byte is two characters. */
const tail = "[89AB][0-9A-F]"
const wellFormed = [
  "[0-7][0-9A-F]",
  `(?:C[2-9A-F]|D[0-9A-F])${tail}`,
  `E0[AB][0-9A-F]${tail}`,
  `E[1-9ABCEF]${tail}${tail}`,
  `ED[89][0-9A-F]${tail}`,
  `F0[9AB][0-9A-F]${tail}${tail}`,
  `F[123]${tail}${tail}${tail}`,
  `F48[0-9A-F]${tail}${tail}`,
].join("|")

/** Matching goes on where the last match ended, so tokens are always whole bytes: runs of characters, or one stray byte. */
const tokens = `(?:${wellFormed})+|[0-9A-F]{2}`

const isStray = (token: string) => `(length(${token}) = 2 AND ${token} >= '80')`

const repaired = (text: string) => {
  const kept = `arrayFilter((t, before) -> NOT (${isStray("t")} AND ${isStray("before")}), ts, arrayPushFront(arrayPopBack(ts), ''))`
  const characters = `arrayMap(t -> unhex(if(${isStray("t")}, 'EFBFBD', t)), ${kept})`
  return bind("ts", `extractAll(hex(${text}), ${literal(tokens)})`, `arrayStringConcat(${characters})`)
}

export const validUtf8 = (text: string): string =>
  rarely({ rare: `NOT isValidUTF8(${text})`, input: text, name: "u0", slow: repaired, otherwise: text })
