/** Names that break whoever writes them into a statement, a path or a format: each of at most 63 bytes. */

export const hostileNames: ReadonlyArray<string> = [
  "select",
  "user",
  "order",
  "table",
  "null",
  "Mixed Case",
  "UPPER",
  "upper",
  'quo"te',
  '"quoted"',
  "apo'strophe",
  "back\\slash",
  "back`tick",
  "[bracket]",
  "dot.ted",
  "sl/ash",
  "..",
  "co:lon",
  "com,ma",
  " leading",
  "trailing ",
  "%s",
  "%I",
  "$1",
  "$$",
  "${x}",
  "{x}",
  "?",
  "--",
  "/* */",
  "'; DROP TABLE things; --",
  '"; DROP TABLE things; --',
  "tab\tand\nline",
  "é",
  "e\u0301",
  "漢字",
  "\u{1f600}",
  "1 starts with a digit",
  "constructor",
  "__proto__",
]

const bytes = (text: string) => Buffer.byteLength(text)

/** Names of 62 and 63 bytes, the last characters of one to four bytes. */
export const fullNames = (limit: number): ReadonlyArray<string> => [
  "a".repeat(limit - 1),
  "b".repeat(limit),
  ...["é", "漢", "\u{1f600}"].map((last) => `${"c".repeat(limit - bytes(last))}${last}`),
]

/** Pairs that are the same up to the limit, and that a cut there would make one; some are cut within a character. */
export const tooLongPairs = (limit: number): ReadonlyArray<readonly [string, string]> => [
  [`${"a".repeat(limit)}1`, `${"a".repeat(limit)}2`],
  [`${"b".repeat(limit - 1)}é`, `${"b".repeat(limit - 1)}è`],
  [`${"c".repeat(limit - 2)}\u{1f600}`, `${"c".repeat(limit - 2)}\u{1f601}`],
]
