/**
 * The rules of docs/values.md for text, as SQL over a String column that may hold any bytes. The rows that need no change,
 * which is nearly all of them, pay for a check and nothing else.
 */
import { all, literal } from "../sql/text.ts"
import { validUtf8 } from "./utf8.ts"

/** Rules 1 and 2, in their order: a NUL between two broken bytes keeps them two characters. */
export const cleaned = (text: string): string => `replaceAll(${validUtf8(text)}, '\\0', '')`

/** True where rules 1 and 2 change nothing. */
export const isClean = (text: string): string => all(`isValidUTF8(${text})`, `position(${text}, '\\0') = 0`)

/** Rule 3. Fewer bytes than the limit are never more code points than it. */
export const isWithin = (text: string, limit: number): string =>
  `(length(${text}) <= ${limit} OR lengthUTF8(${text}) <= ${limit})`

export const cut = (text: string, limit: number): string => `substringUTF8(${text}, 1, ${limit})`

/** Text as a JSON string. */
export const quoted = (text: string): string => `toJSONString(${text})`

export const contains = (text: string, needle: string): string => `position(${text}, ${literal(needle)}) > 0`

/** The text of a DateTime64 in UTC, whatever date_time_output_format says. */
export const isoText = (instant: string): string =>
  `replaceRegexpOne(toString(${instant}), '^(.{10}).(.*?)Z?$', '\\\\1T\\\\2Z')`
