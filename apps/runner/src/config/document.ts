/** YAML text as a plain value, with a way back from a path in the value to a line of the text. */
import { ConfigError } from "@batch-exports/core"
import { Result } from "effect"
import { isMap, LineCounter, parseDocument, type ToJSOptions } from "yaml"

export type Path = ReadonlyArray<string | number>

export interface Document {
  readonly value: unknown
  /** The line, counted from 1, where the path stands; for a path that is absent, its nearest present parent. */
  readonly line: (path: Path) => number | undefined
}

export const parse = (text: string): Result.Result<Document, ConfigError> => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0) return refuse(...document.errors.map(describe))
  const value = plain(document)
  if (Result.isFailure(value)) return refuse(value.failure)
  const offset = (path: Path): number | undefined => {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
    const key = path.at(-1)
    // A key's own position; the node's would be its value, which may start a line below.
    const pair = isMap(parent) ? parent.items.find((item) => scalar(item.key) === key) : undefined
    return start(pair?.key) ?? start(document.getIn(path, true))
  }
  return Result.succeed({
    value: value.success,
    line: (path) => {
      for (let length = path.length; length > 0; length--) {
        const found = offset(path.slice(0, length))
        if (found !== undefined) return lines.linePos(found).line
      }
      return undefined
    },
  })
}

const refuse = (...messages: ReadonlyArray<string>): Result.Result<never, ConfigError> =>
  Result.fail(new ConfigError({ problems: messages.map((message) => ({ path: [], message })) }))

const describe = (error: { readonly code: string; readonly message: string }): string =>
  error.code === "MULTIPLE_DOCS"
    ? "holds several YAML documents; write one"
    : `not valid YAML: ${error.message.split("\n")[0] ?? ""}`

/**
 * The parser's own words are not repeated: an alias that is none may be a secret that begins with an asterisk. Its bound counts how
 * often an anchor is used, which hundreds of exports may do; what a file grows to is what matters here.
 */
const plain = (document: { readonly toJS: (options: ToJSOptions) => unknown }): Result.Result<unknown, string> =>
  Result.flatMap(
    Result.try({ try: () => document.toJS({ maxAliasCount: -1 }), catch: () => noAlias }),
    (value): Result.Result<unknown, string> => (isSmall(value) ? Result.succeed(value) : Result.fail(noAlias)),
  )

const noAlias =
  "an alias (*name) has no anchor, holds itself, or is used too often; put a value that begins with * in quotes"

/** Some fifty values make an export. */
const MOST_VALUES = 1_000_000

/** Counts what aliases repeat as often as they do. An anchor that holds itself has no end. */
const isSmall = (value: unknown): boolean => {
  const pending = [value]
  for (let seen = 0; pending.length > 0; seen++) {
    const next = pending.pop()
    if (typeof next !== "object" || next === null) continue
    for (const member of Object.values(next)) pending.push(member)
    if (seen + pending.length > MOST_VALUES) return false
  }
  return true
}

const scalar = (node: unknown): unknown => (hasValue(node) ? node.value : node)

const hasValue = (node: unknown): node is { readonly value: unknown } =>
  typeof node === "object" && node !== null && "value" in node

const start = (node: unknown): number | undefined =>
  typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)
    ? (node.range as ReadonlyArray<number>)[0]
    : undefined
