/** The statement that renders one window for one projection. Pure. */
import { FieldType, type Projection, type Window } from "@batch-exports/core"
import type { ClickHouseSettings } from "@clickhouse/client"
import { DateTime, Result } from "effect"
import { find as findEncoding } from "../encodings/index.ts"
import type { RowEncoding, Written } from "../encodings/RowEncoding.ts"
import { unfitMark } from "../errors/classify.ts"
import type { Rows, Slice, SourceModel } from "../models/SourceModel.ts"
import { any, literal } from "../sql/text.ts"
import { cast } from "../values/cast.ts"
import type { Value } from "../values/Value.ts"

export interface Statement {
  readonly query: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface Rendering extends Statement {
  readonly settings: ClickHouseSettings
  /** The template of a row, for `format_template_row_format`. */
  readonly row: string
  /** Fields whose values may have been adjusted; a row in which one was ends in a mark (see read/Marks.ts). */
  readonly marked: ReadonlyArray<string>
}

interface Column extends Projection.Column {
  readonly value: Value
  /** A condition under which the value stops the query. */
  readonly stops: string | undefined
  /** A condition under which the value counts as adjusted. */
  readonly counts: string | undefined
}

/** Fails with what cannot be rendered, before anything is read. */
export const rendering = (options: {
  readonly model: SourceModel
  readonly projection: Projection.Projection
  readonly window: Window.Window
  readonly defensive: boolean
  readonly slice?: Slice
  /** Begins a mark. */
  readonly mark: string
}): Result.Result<Rendering, string> => {
  const { mark, model, projection, window } = options
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
  const params = { ...rows.params, ...bounds(window) }
  return castAll(projection, rows).pipe(
    Result.flatMap((columns) => written(columns, rows, encoding, mark)),
    Result.map((rendered) => ({ ...rendered, params, settings: rows.settings ?? {} })),
  )
}

/** The parameters of every query about a window. */
export const bounds = (window: Window.Window) => ({ start: micros(window.start), end: micros(window.end) })

const micros = (at: DateTime.Utc) => (BigInt(DateTime.toEpochMillis(at)) * 1000n).toString()

const castAll = (projection: Projection.Projection, rows: Rows): Result.Result<ReadonlyArray<Column>, string> => {
  const columns: Array<Column> = []
  for (const [index, column] of projection.columns.entries()) {
    const value = cast(rows.values[index]!, column.as)
    if (value === undefined) {
      const [from, to] = [FieldType.format(column.field.type), FieldType.format(column.as)]
      return Result.fail(`"${column.field.name}" (${from}) as ${to} (${column.targetType})`)
    }
    columns.push({ ...column, value, ...judge(column, rows.values[index]!, value) })
  }
  return Result.succeed(columns)
}

/** Where text that is not valid has a policy of its own, it is told from what the column has no room for. */
const judge = (
  { as, invalid, unfit }: Projection.Column,
  raw: Value,
  { adjusted }: Value,
): Pick<Column, "stops" | "counts"> => {
  if (invalid === undefined || invalid === unfit) {
    return unfit === "fail" ? { stops: adjusted, counts: undefined } : { stops: undefined, counts: adjusted }
  }
  const { adjusted: broken, ...sound } = raw
  const tooLarge = cast(sound, as)?.adjusted
  return unfit === "fail" ? { stops: tooLarge, counts: broken } : { stops: broken, counts: tooLarge }
}

const written = (columns: ReadonlyArray<Column>, rows: Rows, encoding: RowEncoding, mark: string) => {
  const slots: Array<string> = []
  const expressions: Array<string> = []
  for (const [index, { as, field, stops, targetType, value }] of columns.entries()) {
    const column = encoding.write({ value, targetType, index, columns: columns.length })
    if (column === undefined) {
      return Result.fail(`"${field.name}" as ${FieldType.format(as)} (${targetType}) in ${encoding.name}`)
    }
    const sql = stops === undefined ? column.sql : guarded(column, stops, field.name)
    expressions.push(`${sql} AS batch_c${index}`)
    slots.push(`\${batch_c${index}:${column.escaping}}`)
  }
  const marks = marksOf(columns, mark)
  if (marks !== undefined) expressions.push(`${marks.sql} AS batch_marks`)
  const row = encoding.row(
    columns.map(({ field }) => field.name),
    slots,
  )
  return Result.succeed({
    query: `${withClause(rows)}SELECT\n  ${expressions.join(",\n  ")}\nFROM ${rows.from}\nFORMAT Template`,
    row: marks === undefined ? row : `${row}\${batch_marks:Raw}`,
    marked: marks?.fields ?? [],
  })
}

/** Nothing for a row that is stored as it is; a digit for each adjustable column where one of them was adjusted. */
const marksOf = (columns: ReadonlyArray<Column>, mark: string) => {
  const found = columns.flatMap(({ counts, field }) =>
    counts === undefined ? [] : [{ name: field.name, sql: `ifNull(${counts}, 0)` }],
  )
  if (found.length === 0) return undefined
  const digits = found.map(({ sql }) => `if(${sql}, '1', '0')`)
  return {
    fields: found.map(({ name }) => name),
    sql: `if(${any(...found.map(({ sql }) => sql))}, concat(${[literal(mark), ...digits].join(", ")}), '')`,
  }
}

/** The query fails at the first value that would have to be changed. What is Raw must not become Nullable by it. */
const guarded = ({ escaping, sql }: Written, adjusted: string, field: string) =>
  `if(throwIf(${adjusted}, ${literal(`${unfitMark}${field}`)}) = 1, ${escaping === "Raw" ? "''" : "NULL"}, ${sql})`

const withClause = ({ aliases }: Rows) =>
  aliases.length === 0 ? "" : `WITH\n  ${aliases.map(({ name, sql }) => `${sql} AS ${name}`).join(",\n  ")}\n`
