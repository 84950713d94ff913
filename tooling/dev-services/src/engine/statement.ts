/** What the front has to know of a statement before it can hand it to the engine. */
import { Exception } from "./Exception.ts"
import { isWord, type Token, tokens } from "./tokens.ts"

export interface Statement {
  readonly verb: "select" | "kill" | "other"
  /** Without a semicolon at its end. */
  readonly sql: string
  /** Of the FORMAT clause. */
  readonly format: string | undefined
  /** Of the SETTINGS clause: where each value stands in `sql`. */
  readonly settings: ReadonlyMap<string, Token>
  readonly tokens: ReadonlyArray<Token>
}

export const parse = (text: string): Statement => {
  const all = [...tokens(text)]
  const semicolon = all.findIndex((token) => token.text === ";" && token.depth === 0)
  if (semicolon !== -1 && all.slice(semicolon).some((token) => token.text !== ";"))
    throw new Exception(62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)")
  const list = semicolon === -1 ? all : all.slice(0, semicolon)
  const sql = semicolon === -1 ? text : text.slice(0, all[semicolon]?.start)
  const settings = settingsOf(list)
  return { verb: verbOf(list), sql, format: formatOf(list), settings, tokens: list }
}

const verbOf = (list: ReadonlyArray<Token>): Statement["verb"] => {
  const first = list.find((token) => token.text !== "(")
  if (isWord(first, "SELECT", "WITH", "FROM")) return "select"
  return isWord(first, "KILL") ? "kill" : "other"
}

/** `SETTINGS name = value, …` at the top level; a subquery's own settings are not ours. */
const settingsOf = (list: ReadonlyArray<Token>): ReadonlyMap<string, Token> => {
  const found = new Map<string, Token>()
  const top = list.filter((token) => token.depth === 0)
  for (let i = 0; i < top.length; i++) {
    if (!isWord(top[i], "SETTINGS")) continue
    for (let at = i + 1; top[at + 1]?.text === "="; at += 4) {
      const [name, value] = [top[at], top[at + 2]]
      if (name !== undefined && value !== undefined) found.set(name.text, value)
      if (top[at + 3]?.text !== ",") break
    }
  }
  return found
}

/** The last `FORMAT name` with nothing but settings behind it: `format` is also a function, and may be an alias. */
const formatOf = (list: ReadonlyArray<Token>): string | undefined => {
  for (let i = list.length - 2; i >= 0; i--) {
    const [name, after] = [list[i + 1], list[i + 2]]
    if (!isWord(list[i], "FORMAT") || list[i]?.depth !== 0 || name?.kind !== "word") continue
    if (after === undefined || isWord(after, "SETTINGS")) return name.text
  }
  return undefined
}

export interface InsertHead {
  /** Where the data begin: behind `FORMAT <name>` and its line break, or behind `VALUES`. Undefined: INSERT … SELECT. */
  readonly dataAt: number | undefined
  /** Up to the format's name or `VALUES`. */
  readonly prefixEnd: number
  readonly format: string
}

/** Undefined when `text` is not an INSERT. */
export const insertHead = (text: string): InsertHead | undefined => {
  let before: Token | undefined
  let selects = false
  for (const token of tokens(text)) {
    if (before === undefined && !isWord(token, "INSERT")) return undefined
    if (token.depth === 0) {
      if (isWord(token, "VALUES") && !selects) return { dataAt: token.end, prefixEnd: token.end, format: "Values" }
      if (isWord(before, "FORMAT") && token.kind === "word") {
        const data = /[ \t]*;?[ \t]*(?:\r?\n)?/y
        data.lastIndex = token.end
        data.test(text)
        return { dataAt: data.lastIndex, prefixEnd: token.end, format: token.text }
      }
      selects ||= isWord(token, "SELECT", "WITH")
    }
    // The engine answers it with success and inserts nothing.
    if (selects && isWord(before, "INPUT") && token.text === "(")
      throw new Exception(48, "NOT_IMPLEMENTED", "The embedded engine has no input() in INSERT")
    before = token
  }
  return before === undefined ? undefined : { dataAt: undefined, prefixEnd: text.length, format: "" }
}
