/** All filters of an export together, over the fields of a model. Names and values are parameters. Pure. */
import { FieldType } from "@batch-exports/core"
import { Result } from "effect"
import { type Known, type Problem, resolve } from "../columns/choose.ts"
import { condition, type Subject } from "./condition.ts"
import type { Filter } from "./filterSettings.ts"

export interface Filterable {
  readonly known: Known
  /** A field's value where the filter stands, and the columns that it needs there. */
  readonly subject: (field: string) => Subject & { readonly columns: ReadonlyArray<string> }
  /** The field that `property` is about. */
  readonly properties?: (of: Filter["of"]) => string
}

export interface RowFilter {
  /** '' where everything passes. */
  readonly condition: string
  readonly columns: ReadonlyArray<string>
  readonly params: Readonly<Record<string, unknown>>
}

export const rowFilter = (
  { known, properties, subject }: Filterable,
  filters: ReadonlyArray<Filter>,
): Result.Result<RowFilter, Problem> => {
  const conditions: Array<string> = []
  const columns = new Set<string>()
  const params: Record<string, unknown> = {}
  for (const [index, filter] of filters.entries()) {
    const at = ["filters", index]
    const found =
      filter.property !== undefined && properties !== undefined
        ? Result.succeed({ head: properties(filter.of), rest: [filter.property] })
        : resolve(known, filter.column ?? "", [...at, "column"])
    if (Result.isFailure(found)) return Result.fail(found.failure)
    const { head, rest } = found.success
    const { columns: needed, ...field } = subject(head)
    const keys = rest.map((_, key) => `{key${index}_${key}:String}`)
    for (const [key, name] of rest.entries()) params[`key${index}_${key}`] = name
    const compared: Subject =
      rest.length === 0
        ? field
        : // Text as it is, other values as JSON text; NULL where the member is absent or null.
          { sql: `JSONExtract(${field.sql}, ${keys.join(", ")}, 'Nullable(String)')`, type: FieldType.text() }
    const made = condition(filter, compared, `value${index}`)
    if (Result.isFailure(made)) {
      return Result.fail({
        path: [...at, "value"],
        message: `${filter.operator} ${made.failure}`,
        remedy: "Write another value, or another operator.",
      })
    }
    for (const column of needed) columns.add(column)
    Object.assign(params, made.success.params)
    conditions.push(made.success.sql)
  }
  return Result.succeed({ condition: conditions.join(" AND "), columns: [...columns], params })
}

/** Everything of which both are true. */
export const join = (a: RowFilter, b: RowFilter): RowFilter => ({
  condition: [a.condition, b.condition].filter((part) => part !== "").join(" AND "),
  columns: [...new Set([...a.columns, ...b.columns])],
  params: { ...a.params, ...b.params },
})

/** The filters of a model whose fields were known when they were decoded. */
export const decoded = (filterable: Filterable, filters: ReadonlyArray<Filter> = []): RowFilter =>
  Result.getOrThrowWith(rowFilter(filterable, filters), ({ message }) => new Error(message))

/** Names that a condition of the user's may speak of: more of them do no harm. */
export const mentioned = (where: string | undefined, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  where === undefined ? [] : names.filter((name) => where.includes(name))

/** Both kinds of conditions. */
export const withWhere = (condition: string, where: string | undefined): string =>
  [condition, ...(where === undefined ? [] : [`(${where})`])].filter((part) => part !== "").join(" AND ")

/** The rows of which it is true. */
export const filtered = (from: string, condition: string): string =>
  condition === "" ? from : `(SELECT * FROM ${from} WHERE ${condition})`
