/** Any table or query as a model: its fields are the columns that ClickHouse describes. Pure. */
import { FieldType, type Model, type RecordSchema } from "@batch-exports/core"
import { Duration, Result } from "effect"
import { averageSize } from "../counting/arrivals.ts"
import type { Arrivals, Rows, SourceModel } from "../models/SourceModel.ts"
import { withoutShortCircuits } from "../query/settings.ts"
import type { Query, Table } from "../Selection.ts"
import { all, identifier, tableName } from "../sql/text.ts"
import { noKeys, storable } from "../values/storable.ts"
import type { Value } from "../values/Value.ts"
import { type ColumnType, columnType } from "./columnType.ts"

export interface Described {
  readonly name: string
  readonly type: string
}

interface Column extends ColumnType {
  readonly column: string
  readonly declared: string
  readonly field: RecordSchema.Field
}

/** Fails with what is wrong with the selection, and what to do. */
export interface Problem {
  readonly message: string
  readonly remedy: string
}

/** What goes after FROM, without a window. */
export const source = (selection: Table | Query): string =>
  selection.name === "table" ? tableName(selection.table) : `(\n${bound(selection.query)}\n)`

const instant = (parameter: "start" | "end") => `fromUnixTimestamp64Micro({${parameter}:Int64}, 'UTC')`

const bound = (query: string) =>
  query
    .trim()
    .replace(/;$/, "")
    .replaceAll("{window_start}", () => instant("start"))
    .replaceAll("{window_end}", () => instant("end"))

export const tableModel = (
  selection: Table | Query,
  described: ReadonlyArray<Described>,
): Result.Result<SourceModel, Problem> =>
  Result.flatMap(chosen(selection, described), (columns) => {
    const [first, ...rest] = columns.map(({ field }) => field)
    return first === undefined
      ? Result.fail({ message: "no column is left to export", remedy: "Name some under columns, or exclude fewer." })
      : Result.succeed(made(selection, columns, { fields: [first, ...rest] }))
  })

const made = (
  selection: Table | Query,
  columns: ReadonlyArray<Column>,
  schema: RecordSchema.RecordSchema,
): SourceModel => {
  const from = source(selection)
  return {
    model: {
      name: selection.name === "table" ? selection.table : "query",
      description: selection.name === "table" ? `The table ${selection.table}.` : "A query.",
      schema,
      identity: identityOf(selection, columns),
    },
    identity: {
      from: selection.name === "table" ? [selection.table, selection.time] : selection.query,
      key: selection.key,
      version: versionOf(selection),
      fields: columns.map(({ column, declared, field }) => [column, declared, field.name, field.type._tag]),
    },
    tables: [],
    endless: selection.name === "table" ? selection.time === undefined : !selection.query.includes("{window_start}"),
    arrivals: selection.name === "table" && selection.time !== undefined ? [arrivals(selection, selection.time)] : [],
    size: averageSize(
      from,
      columns.map(({ column }) => identifier(column)),
      windowOf(selection),
    ),
    sample: { query: `SELECT 1 FROM ${from} LIMIT 1`, params: { start: "0", end: latest } },
    rows: (fields, { defensive }) =>
      rows(
        selection,
        fields.map((name) => columns.find(({ field }) => field.name === name)!),
        columns,
        defensive,
      ),
  }
}

/** Sub-windows of changing records would each read the lookback again. */
const arrivals = (selection: Table, time: string): Arrivals => ({
  from: source(selection),
  time: identifier(time),
  where: "1",
  params: {},
  additive: selection.key === undefined || Duration.toMillis(selection.lookback) === 0,
})

/** The last microsecond that ClickHouse's DateTime64(6) takes. */
const latest = "10413791999999999"

const identityOf = (selection: Table | Query, columns: ReadonlyArray<Column>): Model.Identity => {
  if (selection.key === undefined) return { _tag: "Append" }
  const fieldOf = (column: string) => columns.find((known) => known.column === column)!.field.name
  const [first, ...rest] = selection.key.map(fieldOf)
  const key: readonly [string, ...Array<string>] = [first!, ...rest]
  const version = versionOf(selection)
  const others = columns.map(({ field }) => field.name).filter((name) => !key.includes(name))
  const named = version === undefined ? undefined : columns.find(({ column }) => column === version)?.field.name
  return {
    _tag: "Upsert",
    key,
    versions: named === undefined ? [] : [{ version: named, fields: others.filter((name) => name !== named) }],
  }
}

const versionOf = (selection: Table | Query): string | undefined =>
  selection.version ?? (selection.name === "table" ? selection.time : undefined)

const chosen = (
  selection: Table | Query,
  described: ReadonlyArray<Described>,
): Result.Result<ReadonlyArray<Column>, Problem> => {
  const known = described.map(({ name }) => name)
  const renamed = Object.keys(selection.rename ?? {})
  const time = selection.name === "table" && selection.time !== undefined ? [selection.time] : []
  const version = selection.version === undefined ? [] : [selection.version]
  const mentioned = [selection.columns, selection.exclude, renamed, selection.json, selection.key, version, time]
  const stranger = mentioned.flatMap((names) => names ?? []).find((name) => !known.includes(name))
  if (stranger !== undefined) {
    return Result.fail({ message: `there is no column "${stranger}"`, remedy: `It has ${known.join(", ")}.` })
  }
  const names = (selection.columns ?? known).filter((name) => selection.exclude?.includes(name) !== true)
  const lost = [...(selection.key ?? []), ...version].find((name) => !names.includes(name))
  if (lost !== undefined) {
    return Result.fail({
      message: `"${lost}" tells records apart, and is not exported`,
      remedy: `Add "${lost}" to columns, or take it out of exclude.`,
    })
  }
  const columns: Array<Column> = []
  for (const name of names) {
    const declared = described.find((column) => column.name === name)!.type
    const found = columnType(declared)
    if (Result.isFailure(found)) {
      return Result.fail({
        message: `column "${name}" is ${declared}, which has no form of its own outside ClickHouse`,
        remedy: `Exclude it, or use a query with ${found.failure.replace("…", identifier(name))} AS ${identifier(name)}.`,
      })
    }
    columns.push(asColumn(selection, name, declared, found.success))
  }
  const twice = columns.find(
    ({ field }, index) => columns.findIndex((other) => other.field.name === field.name) !== index,
  )
  return twice === undefined
    ? Result.succeed(columns)
    : Result.fail({ message: `two columns are called "${twice.field.name}"`, remedy: "Rename one of them." })
}

const asColumn = ({ json, rename }: Table | Query, column: string, declared: string, found: ColumnType): Column => {
  const type: ColumnType =
    json?.includes(column) === true && found.unchecked === "text"
      ? { ...found, type: FieldType.json, nullable: true, unchecked: "document" }
      : found
  const { nullable } = type
  const name = rename?.[column] ?? column
  return {
    ...type,
    column,
    declared,
    field: { name, type: type.type, nullable, description: `${declared} ${column}`, created: true },
  }
}

const rows = (
  selection: Table | Query,
  wanted: ReadonlyArray<Column>,
  columns: ReadonlyArray<Column>,
  defensive: boolean,
): Rows => {
  const unchecked = wanted.flatMap((column, index) =>
    column.unchecked === undefined ? [] : [{ ...column, input: `batch_in${index}` }],
  )
  const made = storable({
    defensive,
    texts: unchecked.flatMap((column) => (column.unchecked === "text" ? [column.input] : [])),
    documents: unchecked.flatMap((column) =>
      column.unchecked === "document" ? [{ column: column.input, keys: noKeys }] : [],
    ),
  })
  const value = (column: Column): Value => {
    const quoted = identifier(column.column)
    const input = unchecked.find((other) => other.column === column.column)?.input
    if (input === undefined) return { type: column.type, sql: column.sql(quoted), nullable: column.nullable }
    if (column.unchecked === "document") return made.document(input)
    const text = made.text(input)
    return column.nullable ? { ...text, nullable: true, sql: `if(isNull(${quoted}), NULL, ${text.sql})` } : text
  }
  return {
    layers: [
      unchecked.map(({ column, input, nullable, sql }) => ({
        name: input,
        sql: nullable ? `ifNull(${sql(identifier(column))}, '')` : sql(identifier(column)),
      })),
      ...made.layers,
    ],
    values: wanted.map(value),
    from: fromOf(selection),
    params: {},
    ...(selection.name === "table" ? { settings: withoutShortCircuits } : {}),
  }
}

/** Of the rows of a window with one key only the newest is sent: one statement of Postgres may not touch a row twice. */
const fromOf = (selection: Table | Query): string => {
  const from = `(SELECT * FROM ${source(selection)} WHERE ${windowOf(selection)})`
  if (selection.key === undefined) return from
  const version = versionOf(selection)
  const order = version === undefined ? "" : ` ORDER BY ${identifier(version)} DESC`
  return `(SELECT * FROM ${from}${order} LIMIT 1 BY ${selection.key.map(identifier).join(", ")})`
}

const windowOf = (selection: Table | Query): string => {
  if (selection.name === "query" || selection.time === undefined) return "1"
  const time = identifier(selection.time)
  const lookback = selection.key === undefined ? 0 : Duration.toMillis(selection.lookback) * 1000
  const start = lookback === 0 ? instant("start") : `fromUnixTimestamp64Micro({start:Int64} - ${lookback}, 'UTC')`
  return all(`${time} >= ${start}`, `${time} < ${instant("end")}`)
}
