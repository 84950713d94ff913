/** Splits SQL into tokens, as far as is needed to tell code from strings, names and comments. */

export interface Token {
  readonly kind: "word" | "number" | "string" | "name" | "mark"
  readonly text: string
  readonly start: number
  readonly end: number
  /** Of brackets around it. */
  readonly depth: number
}

const patterns: ReadonlyArray<readonly [Token["kind"] | "space", RegExp]> = [
  ["space", /\s+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ["string", /'(?:[^'\\]|\\[\s\S]|'')*'|\$(\w*)\$[\s\S]*?\$\1\$/y],
  ["name", /"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`/y],
  ["word", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["number", /\d[\w.]*/y],
]

/** Lazy: behind the head of an INSERT come data, which are no SQL. */
export function* tokens(sql: string): Generator<Token> {
  let at = 0
  let depth = 0
  while (at < sql.length) {
    const { end, kind } = match(sql, at)
    if (kind !== "space") {
      const text = sql.slice(at, end)
      if (text === ")" || text === "]" || text === "}") depth--
      yield { kind, text, start: at, end, depth }
      if (text === "(" || text === "[" || text === "{") depth++
    }
    at = end
  }
}

const match = (sql: string, at: number): { readonly kind: Token["kind"] | "space"; readonly end: number } => {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    if (pattern.test(sql)) return { kind, end: pattern.lastIndex }
  }
  return { kind: "mark", end: at + 1 }
}

export const isWord = (token: Token | undefined, ...words: ReadonlyArray<string>): boolean =>
  token?.kind === "word" && words.includes(token.text.toUpperCase())

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27, "0": 0 }

/** The bytes that a string literal stands for; they need not be UTF-8. */
export const literalBytes = (literal: string): Buffer => {
  if (literal.startsWith("$")) return Buffer.from(literal.replace(/^(\$\w*\$)([\s\S]*)\1$/, "$2"))
  const parts: Array<Buffer> = []
  const pattern = /\\x([0-9a-fA-F]{2})|\\([\s\S])|''|[^\\']+/g
  for (const [all, hex, escaped] of literal.slice(1, -1).matchAll(pattern)) {
    if (hex !== undefined) parts.push(Buffer.from(hex, "hex"))
    else if (all === "''") parts.push(Buffer.from("'"))
    else if (escaped === undefined) parts.push(Buffer.from(all))
    else if (escapes[escaped] !== undefined) parts.push(Buffer.of(escapes[escaped]))
    // Before any other character the server keeps the backslash.
    else parts.push(Buffer.from(/[\\'"`/=]/.test(escaped) ? escaped : all))
  }
  return Buffer.concat(parts)
}

export const quote = (text: string): string => `'${text.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'`
