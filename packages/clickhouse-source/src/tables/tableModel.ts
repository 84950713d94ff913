/** Any table or query as a model: its fields are the columns that ClickHouse describes. Pure. */
import { FieldType, type Model, nearest, type RecordSchema } from "@batch-exports/core"
import { Duration, Result } from "effect"
import { averageSize, within } from "../counting/arrivals.ts"
import type { Problem } from "../columns/choose.ts"
import { withColumns } from "../columns/withColumns.ts"
import { filtered, mentioned, type RowFilter, rowFilter, withWhere } from "../filters/rowFilter.ts"
import type { Arrivals, Rows, SourceModel } from "../models/SourceModel.ts"
import { withoutShortCircuits } from "../query/settings.ts"
import type { Query, Table } from "../Selection.ts"
import { all, identifier, tableName } from "../sql/text.ts"
import { type Member, memberValue, reads } from "../values/memberValue.ts"
import { storable } from "../values/storable.ts"
import type { Value } from "../values/Value.ts"
import { type ColumnType, columnType } from "./columnType.ts"

export interface Described {
  readonly name: string
  readonly type: string
  /** `MATERIALIZED`, `ALIAS`, `EPHEMERAL`, `DEFAULT`, or nothing. */
  readonly default_type?: string
}

interface Column extends ColumnType {
  readonly name: string
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
): Result.Result<SourceModel, Problem> => {
  const columns: Array<Column> = []
  const refused = new Map<string, Omit<Problem, "path">>()
  for (const { name, type } of described) {
    const found = columnType(type)
    if (Result.isSuccess(found)) columns.push({ name, ...asDocument(selection, name, found.success) })
    else {
      refused.set(name, {
        message: `column "${name}" is ${type}, which has no form of its own outside ClickHouse`,
        remedy: `Exclude it, or use a query with ${found.failure.replace("…", identifier(name))} AS ${identifier(name)}.`,
      })
    }
  }
  const stranger = strange(selection, described)
  if (stranger !== undefined) return Result.fail(stranger)
  const [first, ...rest] = columns.map(({ name, nullable, type }) => ({
    name,
    type,
    nullable,
    description: `${described.find((column) => column.name === name)?.type.replaceAll(/\s+/g, " ")} ${name}`,
    created: true,
  }))
  if (first === undefined) {
    const [why] = refused.values()
    return Result.fail({ path: [], ...(why ?? { message: "it has no columns", remedy: "Choose another." }) })
  }
  const fields = [first, ...rest] as const
  const documents = columns.flatMap(({ name, unchecked }) => (unchecked === undefined ? [] : [name]))
  const filter = rowFilter(
    {
      known: { fields, documents, identity: { _tag: "Append" } },
      subject: (field) => {
        const { name, sql, type } = columns.find((column) => column.name === field)!
        return { sql: sql(identifier(name)), type, columns: [name] }
      },
    },
    selection.filters ?? [],
  )
  return Result.flatMap(filter, (rowsOf) =>
    withColumns(
      made(
        selection,
        columns,
        { fields },
        documents,
        // Columns that cannot be exported may decide as well.
        {
          ...rowsOf,
          columns: [
            ...new Set([
              ...rowsOf.columns,
              ...mentioned(
                selection.where,
                described.map(({ name }) => name),
              ),
            ]),
          ],
        },
      ),
      selection,
      refused,
    ),
  )
}

/** What a selection names besides its columns. */
const strange = (selection: Table | Query, described: ReadonlyArray<Described>): Problem | undefined => {
  const known = described.map(({ name }) => name)
  const { json = [], key = [], version } = selection
  const mentioned = [
    ...json.map((name, index) => ({ name, path: ["json", index] })),
    ...key.map((name, index) => ({ name, path: ["key", index] })),
    ...(version === undefined ? [] : [{ name: version, path: ["version"] }]),
    ...(selection.name === "table" && selection.time !== undefined ? [{ name: selection.time, path: ["time"] }] : []),
  ]
  const found = mentioned.find(({ name }) => !known.includes(name))
  if (found === undefined) return undefined
  const near = nearest(found.name, known)
  return {
    path: found.path,
    message: `there is no column "${found.name}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    remedy: `There are ${known.join(", ")}.`,
  }
}

const asDocument = ({ json }: Table | Query, column: string, found: ColumnType): ColumnType =>
  json?.includes(column) === true && found.unchecked === "text"
    ? { ...found, type: FieldType.json, nullable: true, unchecked: "document" }
    : found

const made = (
  selection: Table | Query,
  columns: ReadonlyArray<Column>,
  schema: RecordSchema.RecordSchema,
  documents: ReadonlyArray<string>,
  filter: RowFilter,
): SourceModel => {
  const from = source(selection)
  const { filters, where } = selection
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
      ...(filters === undefined && where === undefined ? {} : { filters: { filters, where } }),
    },
    tables: [],
    endless: selection.name === "table" ? selection.time === undefined : !selection.query.includes("{window_start}"),
    arrivals: selection.name === "table" && selection.time !== undefined ? [arrivals(selection, selection.time)] : [],
    size: averageSize(
      from,
      columns.map(({ name }) => identifier(name)),
      windowOf(selection),
    ),
    sample: { query: `SELECT 1 FROM ${from} LIMIT 1`, params: { start: "0", end: latest } },
    documents,
    rows: (wanted, { defensive }) =>
      rows(
        selection,
        filter,
        wanted.map(({ field, member }) => ({ column: columns.find(({ name }) => name === field)!, member })),
        defensive,
      ),
  }
}

/** Sub-windows of changing records would each read the lookback again. */
const arrivals = (selection: Table, time: string): Arrivals => ({
  from: source(selection),
  time: identifier(time),
  conditions: within(identifier(time)),
  where: "1",
  params: {},
  additive: selection.key === undefined || Duration.toMillis(selection.lookback) === 0,
})

/** The last microsecond that ClickHouse's DateTime64(6) takes. */
const latest = "10413791999999999"

const identityOf = (selection: Table | Query, columns: ReadonlyArray<Column>): Model.Identity => {
  if (selection.key === undefined) return { _tag: "Append" }
  const { key } = selection
  const version = versionOf(selection)
  const others = columns.map(({ name }) => name).filter((name) => !key.includes(name) && name !== version)
  return { _tag: "Upsert", key, versions: version === undefined ? [] : [{ version, fields: others }] }
}

const versionOf = (selection: Table | Query): string | undefined =>
  selection.version ?? (selection.name === "table" ? selection.time : undefined)

interface Asked {
  readonly column: Column
  readonly member: Member | undefined
}

const rows = (selection: Table | Query, filter: RowFilter, asked: ReadonlyArray<Asked>, defensive: boolean): Rows => {
  const columns = [...new Set(asked.map(({ column }) => column))]
  const unchecked = columns.flatMap((column, index) => {
    if (column.unchecked === undefined) return []
    const own = asked.filter((one) => one.column === column)
    const members = own.flatMap(({ member }) => (member === undefined ? [] : [reads(member)]))
    const isText = column.unchecked === "text" && own.some(({ member }) => member === undefined)
    const isDocument = column.unchecked === "document" || members.length > 0
    return [{ column, members, input: `batch_in${index}`, isText, isDocument }]
  })
  const made = storable({
    defensive,
    texts: unchecked.flatMap(({ input, isText }) => (isText ? [input] : [])),
    documents: unchecked.flatMap(({ input, isDocument, members }) =>
      isDocument ? [{ column: documentOf(input), members }] : [],
    ),
  })
  const value = ({ column, member }: Asked): Value => {
    const quoted = identifier(column.name)
    const input = unchecked.find((other) => other.column === column)?.input
    if (input === undefined) {
      const { adjusted, nullable, sql, type } = column
      return { type, sql: sql(quoted), nullable, ...(adjusted && { adjusted: `ifNull(${adjusted(quoted)}, 0)` }) }
    }
    if (member !== undefined) return memberValue(made, documentOf(input), member)
    if (column.unchecked === "document") return made.document(documentOf(input))
    const text = made.text(input)
    return column.nullable ? { ...text, nullable: true, sql: `if(isNull(${quoted}), NULL, ${text.sql})` } : text
  }
  const inputs = ({ column: { name, nullable, sql }, input, isDocument, isText }: (typeof unchecked)[number]) => {
    const given = nullable ? `ifNull(${sql(identifier(name))}, '')` : sql(identifier(name))
    return [
      ...(isText ? [{ name: input, sql: given }] : []),
      ...(isDocument ? [{ name: documentOf(input), sql: given }] : []),
    ]
  }
  return {
    layers: [unchecked.flatMap(inputs), ...made.layers],
    values: asked.map(value),
    from: fromOf(
      selection,
      filter,
      columns.map(({ name }) => name),
    ),
    params: filter.params,
    ...(selection.name === "table" && selection.where === undefined ? { settings: withoutShortCircuits } : {}),
  }
}

/** The same column may be wanted as text and as a document. */
const documentOf = (input: string) => `${input}_document`

/**
 * Of the rows of a window with one key only the newest is sent: one statement of Postgres may not touch a row twice. Columns are
 * named, since `*` leaves out those that are computed.
 */
const fromOf = (selection: Table | Query, filter: RowFilter, columns: ReadonlyArray<string>): string => {
  const version = versionOf(selection)
  const { key = [] } = selection
  const named = [...new Set([...columns, ...key, ...(version === undefined ? [] : [version]), ...filter.columns])]
  const from = `(SELECT ${named.map(identifier).join(", ")} FROM ${source(selection)} WHERE ${windowOf(selection)})`
  const order = version === undefined ? "" : ` ORDER BY ${identifier(version)} DESC`
  const newest = `(SELECT * FROM ${from}${order} LIMIT 1 BY ${key.map(identifier).join(", ")})`
  // The newest row decides: an older one that passes is not the record any more.
  return filtered(key.length === 0 ? from : newest, withWhere(filter.condition, selection.where))
}

const windowOf = (selection: Table | Query): string => {
  if (selection.name === "query" || selection.time === undefined) return "1"
  const time = identifier(selection.time)
  const lookback = selection.key === undefined ? 0 : Duration.toMillis(selection.lookback) * 1000
  const start = lookback === 0 ? instant("start") : `fromUnixTimestamp64Micro({start:Int64} - ${lookback}, 'UTC')`
  return all(`${time} >= ${start}`, `${time} < ${instant("end")}`)
}
