/**
 * Formats that print something around the rows: Template and CustomSeparated. The engine formats every block on its
 * own, and would print it around each block. It is told to print bare rows, and the front frames them once.
 */
import type { Statement } from "./statement.ts"
import { literalBytes, quote } from "./tokens.ts"

export interface Framing {
  /** The statement with what it sets itself replaced. */
  readonly sql: string
  /** To be set in place of what the request sets. */
  readonly settings: ReadonlyMap<string, string>
  readonly before: Buffer
  readonly between: Buffer
  readonly after: (rows: number) => Buffer
}

/** Undefined: this cannot be framed block by block, and the result must be made in one piece. */
export const framing = (
  format: string,
  statement: Statement,
  settings: ReadonlyMap<string, string>,
): Framing | undefined => {
  const value = (name: string, otherwise: string): Buffer => {
    const token = statement.settings.get(name)
    return token === undefined ? Buffer.from(settings.get(name) ?? otherwise) : literalBytes(token.text)
  }
  if (format === "CustomSeparated") {
    const between = value("format_custom_row_between_delimiter", "")
    const after = value("format_custom_result_after_delimiter", "")
    const before = value("format_custom_result_before_delimiter", "")
    const bare = { format_custom_result_before_delimiter: "", format_custom_result_after_delimiter: "" }
    return { ...replace(statement, bare), before, between, after: () => after }
  }
  // Templates in files are the engine's to read.
  if (format !== "Template" || value("format_template_resultset", "").length > 0) return undefined
  const parts = templateParts(value("format_template_resultset_format", "${data}\n").toString("latin1"))
  const data = parts.findIndex((part) => part.placeholder === "data")
  const [before, after] = [parts.slice(0, data), parts.slice(data + 1)]
  // Anything but a number of rows behind the data: the engine knows what it means, or that it is wrong.
  if (data === -1 || before.some(isPlaceholder) || !after.every((part) => !isPlaceholder(part) || isRows(part)))
    return undefined
  const bytes = (list: ReadonlyArray<Part>, rows: number) =>
    Buffer.concat(list.map((part) => (isRows(part) ? Buffer.from(String(rows)) : part.text)))
  return {
    ...replace(statement, { format_template_resultset_format: "${data}" }),
    before: bytes(before, 0),
    between: value("format_template_rows_between_delimiter", "\n"),
    after: (rows) => bytes(after, rows),
  }
}

export interface Part {
  readonly text: Buffer
  /** `name:Escaping` of `${name:Escaping}`. */
  readonly placeholder: string | undefined
}

const isPlaceholder = (part: Part) => part.placeholder !== undefined
const isRows = (part: Part) => /^rows:(Raw|Escaped|Quoted|CSV|JSON|XML)$/.test(part.placeholder ?? "")

/** `template` holds one character per byte. */
export const templateParts = (template: string): ReadonlyArray<Part> =>
  [...template.matchAll(/\$\$|\$\{([^}]*)\}|[^$]+|\$/g)].map(([text, placeholder]) => ({
    text: Buffer.from(text === "$$" ? "$" : text, "latin1"),
    placeholder,
  }))

/** A SETTINGS clause wins over what the connection is set to, so the values are replaced there too. */
const replace = (statement: Statement, values: Readonly<Record<string, string>>): Pick<Framing, "sql" | "settings"> => {
  const spots = Object.entries(values)
    .flatMap(([name, value]) => {
      const token = statement.settings.get(name)
      return token === undefined ? [] : [{ token, value }]
    })
    .sort((a, b) => b.token.start - a.token.start)
  let sql = statement.sql
  for (const { token, value } of spots) sql = sql.slice(0, token.start) + quote(value) + sql.slice(token.end)
  return { sql, settings: new Map(Object.entries(values)) }
}
