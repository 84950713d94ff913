/** Writing ClickHouse SQL text: literals and identifiers, quoted once and in one way. */

/** A string literal. Everything that the server would unescape is escaped first. */
export const literal = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`

/** A quoted identifier: reserved words and odd characters are safe in it. */
export const identifier = (name: string): string => `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``

/** `table` or `database.table`, each part quoted. */
export const tableName = (name: string): string => name.split(".").map(identifier).join(".")

/** An array of string literals. */
export const literals = (texts: ReadonlyArray<string>): string => `[${texts.map(literal).join(", ")}]`

export const any = (...conditions: ReadonlyArray<string>): string => joined(conditions, " OR ", "0")
export const all = (...conditions: ReadonlyArray<string>): string => joined(conditions, " AND ", "1")

const joined = (conditions: ReadonlyArray<string>, operator: string, empty: string): string =>
  conditions.length === 0 ? empty : conditions.length === 1 ? conditions[0]! : `(${conditions.join(operator)})`

/**
 * `body` of `input` for the rows of which `condition` is true; 0, '' or NULL for the rest. Only those rows put an element into the
 * array, so the lambda runs over them alone. The server's own short-circuit evaluation does not do: it computes a shared expression
 * once for each place where it might be needed, or for all rows. Whatever in `body` does not depend on its argument is computed for
 * all rows, too; `[input]` instead of arrayWithConstant copies every row. `name` must differ from those of lambdas around it.
 */
export const onlyWhere = (condition: string, input: string, name: string, body: (input: string) => string): string =>
  `arrayMap(${name} -> ${body(name)}, arrayWithConstant(${condition}, ${input}))[1]`

/** `slow` for the rows of which `rare` is true, `otherwise` for the rest. */
export const rarely = (options: {
  readonly rare: string
  readonly input: string
  readonly name: string
  readonly slow: (input: string) => string
  readonly otherwise: string
}): string => {
  const { input, name, otherwise, rare, slow } = options
  return `if(${rare}, ${onlyWhere(rare, input, name, slow)}, ${otherwise})`
}

/** `body` with a name for `value`, which is then computed once and may be used often. */
export const bind = (name: string, value: string, body: string): string => `arrayMap(${name} -> ${body}, [${value}])[1]`
