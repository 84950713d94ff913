/** Texts that pipelines break: each is valid, and must arrive character by character. */

const repeat = (part: string, count: number) => part.repeat(count)

/** One backslash more each time, before characters that mean something after a backslash. */
const backslashes = [1, 2, 3, 4].flatMap((count) =>
  ["", "n", "N", "t", "u0000", "ud83d", "'", '"'].map((after) => `${repeat("\\", count)}${after}`),
)

export const texts: ReadonlyArray<string> = [
  "",
  " ",
  "  leading and trailing  ",
  "NULL",
  "null",
  "\\N",
  "\\.",
  "\n\\.\n",
  "a\n\\.\nb",
  "tab\t line\n return\r both\r\n end",
  "\b\f\v\u0001\u001f\u007f\u0080\u0085\u00a0",
  "\u2028\u2029",
  "quotes ' '' \" \"\" ` ´",
  "comma, semicolon; pipe| colon: {braces} [brackets] (parentheses) <tags> &amp; %s %1$s $1 $$ ${x} #{x} ?",
  "'; DROP TABLE things; --",
  '{"looks":"like json"}',
  "{looks,like,an,array}",
  "true",
  "-0",
  "1e400",
  "é ß Ñ ü Å",
  // The same characters to people, other ones to machines.
  "e\u0301 a\u030a \u1e9b\u0323",
  "\u{1f600} \u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{1f1e9}\u{1f1ea} \u{10ffff}",
  "漢字 かな 한글 العربية עברית ไทย",
  "\u202eright to left\u202c",
  "\ufeffmark first",
  "zero\u200bwidth \ufffd \ufffe \uffff",
  ...backslashes,
]

/** A text of exactly `length` code points; its last is of four bytes, so a cut by bytes or by halves shows. */
export const textOfLength = (length: number): string => (length === 0 ? "" : `${repeat("é", length - 1)}\u{1f600}`)

/** Long enough to pass through every buffer in more than one piece. */
export const longText = (characters: number): string =>
  repeat("0123456789abcdé\n\t\\\"'\u{1f600}", Math.ceil(characters / 20)).slice(0, characters - 1)
