/** The statement that renders one window for one projection, and the one that counts what the first adjusts. Pure. */
import { FieldType, type Projection, type Window } from "@batch-exports/core"
import { DateTime, Result } from "effect"
import { find as findEncoding } from "../encodings/index.ts"
import type { RowEncoding, Written } from "../encodings/RowEncoding.ts"
import { unfitMark } from "../errors/classify.ts"
import type { Rows, SourceModel } from "../models/SourceModel.ts"
import { identifier, literal } from "../sql/text.ts"
import { cast } from "../values/cast.ts"
import type { Value } from "../values/Value.ts"

export interface Statement {
  readonly query: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface Rendering extends Statement {
  /** The template of a row, for `format_template_row_format`. */
  readonly row: string
  /** Undefined where no column can be adjusted. One row of counts, under the fields' names. */
  readonly adjusted: Statement | undefined
}

interface Column extends Projection.Column {
  readonly value: Value
}

/** Fails with what cannot be rendered, before anything is read. */
export const rendering = (options: {
  readonly model: SourceModel
  readonly projection: Projection.Projection
  readonly window: Window.Window
  readonly defensive: boolean
}): Result.Result<Rendering, string> => {
  const { model, projection, window } = options
  const encoding = findEncoding(projection.encoding)
  if (encoding === undefined) return Result.fail(`the encoding "${projection.encoding}"`)
  const stranger = projection.columns.find(
    ({ field }) => !model.model.schema.fields.some((known) => known.name === field.name),
  )
  if (stranger !== undefined) return Result.fail(`a field "${stranger.field.name}" in ${model.model.name}`)
  const rows = model.rows(
    projection.columns.map(({ field }) => field.name),
    options,
  )
  const params = { ...rows.params, start: micros(window.start), end: micros(window.end) }
  return castAll(projection, rows).pipe(
    Result.flatMap((columns) => written(columns, rows, encoding)),
    Result.map(({ columns, query, row }) => ({ query, row, params, adjusted: adjusted(columns, rows, params) })),
  )
}

const micros = (at: DateTime.Utc) => (BigInt(DateTime.toEpochMillis(at)) * 1000n).toString()

const castAll = (projection: Projection.Projection, rows: Rows): Result.Result<ReadonlyArray<Column>, string> => {
  const columns: Array<Column> = []
  for (const [index, column] of projection.columns.entries()) {
    const value = cast(rows.values[index]!, column.as)
    if (value === undefined) {
      const [from, to] = [FieldType.format(column.field.type), FieldType.format(column.as)]
      return Result.fail(`"${column.field.name}" (${from}) as ${to} (${column.targetType})`)
    }
    columns.push({ ...column, value })
  }
  return Result.succeed(columns)
}

const written = (columns: ReadonlyArray<Column>, rows: Rows, encoding: RowEncoding) => {
  const slots: Array<string> = []
  const expressions: Array<string> = []
  for (const [index, { as, field, targetType, unfit, value }] of columns.entries()) {
    const column = encoding.write({ value, targetType, index, columns: columns.length })
    if (column === undefined) {
      return Result.fail(`"${field.name}" as ${FieldType.format(as)} (${targetType}) in ${encoding.name}`)
    }
    const sql =
      unfit === "fail" && value.adjusted !== undefined ? guarded(column, value.adjusted, field.name) : column.sql
    expressions.push(`${sql} AS batch_c${index}`)
    slots.push(`\${batch_c${index}:${column.escaping}}`)
  }
  return Result.succeed({
    columns,
    query: `${withClause(rows)}SELECT\n  ${expressions.join(",\n  ")}\nFROM ${rows.from}\nFORMAT Template`,
    row: encoding.row(
      columns.map(({ field }) => field.name),
      slots,
    ),
  })
}

/** The query fails at the first value that would have to be changed. What is Raw must not become Nullable by it. */
const guarded = ({ escaping, sql }: Written, adjusted: string, field: string) =>
  `if(throwIf(${adjusted}, ${literal(`${unfitMark}${field}`)}) = 1, ${escaping === "Raw" ? "''" : "NULL"}, ${sql})`

const adjusted = (columns: ReadonlyArray<Column>, rows: Rows, params: Statement["params"]): Statement | undefined => {
  const counts = columns.flatMap(({ field, value }) =>
    value.adjusted === undefined
      ? []
      : [`toString(countIf(${value.adjusted})) AS ${identifier(`${countPrefix}${field.name}`)}`],
  )
  if (counts.length === 0) return undefined
  return { query: `${withClause(rows)}SELECT\n  ${counts.join(",\n  ")}\nFROM ${rows.from}`, params }
}

/** A field may have the name of a column that the expressions use. */
const countPrefix = "adjusted "

/** The field that a column of the counts is about. */
export const adjustedField = (column: string): string => column.slice(countPrefix.length)

const withClause = ({ aliases }: Rows) =>
  aliases.length === 0 ? "" : `WITH\n  ${aliases.map(({ name, sql }) => `${sql} AS ${name}`).join(",\n  ")}\n`
