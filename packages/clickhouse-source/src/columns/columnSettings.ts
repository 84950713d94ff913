/** What an export may say about its columns: which, in what order, under which names, and members of documents among them. */
import { nearest } from "@batch-exports/core"
import { Result, Schema } from "effect"
import type { MemberType } from "../values/memberValue.ts"

export const columnName = Schema.NonEmptyString

const Column = Schema.Struct({
  name: columnName.annotate({ title: "Name", description: "What the column is called in the destination." }),
  from: Schema.NonEmptyString.annotate({
    title: "From",
    description:
      'A field, or a path into one that holds JSON: properties.plan, properties."a.b".c. Keys with other characters than letters, digits, $, _ and - stand in double quotes, as in JSON.',
    examples: ["properties.plan"],
  }).check(
    Schema.makeFilter((text: string) =>
      Result.match(path(text), { onFailure: (issue) => issue, onSuccess: () => undefined }),
    ),
  ),
  type: Schema.optionalKey(
    Schema.String.annotate({
      title: "Type",
      description: "What a member of a document is read as: text, json, bool, int, float, decimal(p, s).",
      examples: ["text", "decimal(12, 2)"],
    }).check(Schema.makeFilter((text: string) => (memberType(text) === undefined ? unknownType(text) : undefined))),
  ),
})

/** Keys that every model has. */
export const columnSettings = {
  columns: Schema.optionalKey(
    Schema.NonEmptyArray(Schema.Union([columnName, Column])).annotate({
      title: "Columns",
      description:
        'Only these columns, in this order; "*" stands for all that a new table would get. { name, from, type } gives one another name, or reads a member of a JSON document.',
      examples: [["uuid", "event", { name: "plan", from: "properties.plan", type: "text" }]],
    }),
  ),
  exclude: Schema.optionalKey(
    Schema.Array(columnName).annotate({ title: "Exclude", description: "All columns but these." }),
  ),
  rename: Schema.optionalKey(
    Schema.Record(Schema.String, columnName).annotate({
      title: "Rename",
      description: "What columns are called in the destination: `column: name`.",
    }),
  ),
}

type Column = typeof Column.Type

export interface ColumnSettings {
  readonly columns?: ReadonlyArray<string | Column>
  readonly exclude?: ReadonlyArray<string>
  readonly rename?: Readonly<Record<string, string>>
}

const types: Readonly<Record<string, MemberType>> = {
  text: { _tag: "Text" },
  json: { _tag: "Json" },
  bool: { _tag: "Bool" },
  int: { _tag: "Int", bits: 64 },
  float: { _tag: "Float", bits: 64 },
}

export const memberType = (text: string): MemberType | undefined => {
  if (Object.hasOwn(types, text)) return types[text]
  const [, precision, scale = "0"] = /^decimal\(\s*(\d{1,2})\s*(?:,\s*(\d{1,2})\s*)?\)$/.exec(text) ?? []
  if (precision === undefined) return undefined
  const [p, s] = [Number(precision), Number(scale)]
  return p >= 1 && p <= 76 && s <= p ? { _tag: "Decimal", precision: p, scale: s } : undefined
}

const unknownType = (text: string): string => {
  if (text.startsWith("decimal"))
    return "must be decimal(p, s), with at most 76 digits in all, s of them after the point"
  const near = nearest(text, [...Object.keys(types), "decimal"])
  return `must be one of text, json, bool, int, float, decimal(p, s)${near === undefined ? "" : `; did you mean "${near}"?`}`
}

/** The keys of a path. Fails with what is wrong with it. */
export const path = (text: string): Result.Result<readonly [string, ...Array<string>], string> => {
  const keys: Array<string> = []
  let rest = text
  for (;;) {
    const [token, quoted, plain] = /^(?:("(?:[^"\\]|\\.)*")|([^".\\\s]+))(?=\.|$)/.exec(rest) ?? []
    const key = quoted === undefined ? plain : unquoted(quoted)
    if (token === undefined || key === undefined) {
      return Result.fail(
        'must be keys with points between them; a key with a point, a quote or a space stands in double quotes, as in properties."a.b"',
      )
    }
    if (!key.isWellFormed() || key.includes("\0")) return Result.fail("must not hold NUL or half a character")
    keys.push(key)
    rest = rest.slice(token.length)
    if (rest === "") break
    rest = rest.slice(1)
  }
  const [first, ...others] = keys
  return Result.succeed([first!, ...others])
}

const unquoted = (text: string): string | undefined => {
  try {
    return String(JSON.parse(text))
  } catch {
    return undefined
  }
}
