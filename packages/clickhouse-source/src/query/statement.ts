/** The statement that renders one window for one projection. Pure. */
import { FieldType, type Projection, type Window } from "@batch-exports/core"
import type { ClickHouseSettings } from "@clickhouse/client"
import { DateTime, Result } from "effect"
import { find as findEncoding } from "../encodings/index.ts"
import * as Parquet from "../encodings/parquet.ts"
import type { Framing, RowEncoding, Separated, Slot } from "../encodings/RowEncoding.ts"
import { unfitMark } from "../errors/classify.ts"
import type { Named, Rows, Slice, SourceModel } from "../models/SourceModel.ts"
import { identifier, literal } from "../sql/text.ts"
import { cast } from "../values/cast.ts"
import type { Value } from "../values/Value.ts"

export interface Statement {
  readonly query: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface Rendering extends Statement {
  readonly settings: ClickHouseSettings
  readonly form: Lines | Marked | File
}

/** Rows one after the other, and a trailer of ours behind them. */
export interface Lines {
  readonly _tag: "Lines"
  /** The template of a row, for `format_template_row_format`. */
  readonly row: string
  /** Fields whose values may have been adjusted; a row in which one was ends in a mark (see read/Marks.ts). */
  readonly marked: ReadonlyArray<string>
  readonly framing: Framing
}

/** The same from a server without templates of that kind: every row ends in a mark, by which the rows are counted. */
export interface Marked extends Separated {
  readonly _tag: "Marked"
  readonly marked: ReadonlyArray<string>
  readonly framing: Framing
}

/** A file in a format of its own, which says at its end what is in it. */
export interface File {
  readonly _tag: "File"
  /** Counts what was adjusted, with the same parameters and settings: a number for each of `fields`. */
  readonly count: { readonly query: string; readonly fields: ReadonlyArray<string> } | undefined
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
  /** False: the server knows no templates that are sent with a query. */
  readonly templates?: boolean
}): Result.Result<Rendering, string> => {
  const { mark, model, projection, window } = options
  const encoding = findEncoding(projection.encoding)
  const isParquet = projection.encoding === Parquet.name
  if (encoding === undefined && !isParquet) return Result.fail(`the encoding "${projection.encoding}"`)
  const stranger = projection.columns.find(
    ({ field }) => !model.model.schema.fields.some((known) => known.name === field.name),
  )
  if (stranger !== undefined) return Result.fail(`a field "${stranger.field.name}" in ${model.model.name}`)
  const rows = model.rows(
    projection.columns.map(({ field }) => ({ field: field.name })),
    options,
  )
  const params = { ...rows.params, ...bounds(window) }
  return castAll(projection, rows).pipe(
    Result.flatMap((made) =>
      encoding === undefined
        ? file(made, rows.from, Parquet.settings(projection.compression))
        : options.templates === false
          ? marked(made, rows.from, encoding, mark)
          : templated(made, rows.from, encoding, mark),
    ),
    Result.map(({ settings, ...rendered }) => ({ ...rendered, params, settings: { ...rows.settings, ...settings } })),
  )
}

/** The parameters of every query about a window. */
export const bounds = (window: Window.Window) => ({ start: micros(window.start), end: micros(window.end) })

const micros = (at: DateTime.Utc) => (BigInt(DateTime.toEpochMillis(at)) * 1000n).toString()

interface Cast {
  readonly columns: ReadonlyArray<Column>
  readonly layers: ReadonlyArray<ReadonlyArray<Named>>
}

const isName = (sql: string) => /^\w+$/.test(sql)

/** Values get names before they are cast, and after, because everything that comes later writes them down several times. */
const castAll = (projection: Projection.Projection, rows: Rows): Result.Result<Cast, string> => {
  const columns: Array<Column> = []
  const given: Array<Named> = []
  const made: Array<Named> = []
  const flags: Array<Named> = []
  const named = (layer: Array<Named>, value: Value, name: string): Value => {
    if (isName(value.sql)) return value
    layer.push({ name, sql: value.sql })
    return { ...value, sql: name }
  }
  for (const [index, column] of projection.columns.entries()) {
    const raw = named(given, rows.values[index]!, `batch_given${index}`)
    const value = cast(raw, column.as)
    if (value === undefined) {
      const [from, to] = [FieldType.format(column.field.type), FieldType.format(column.as)]
      return Result.fail(`"${column.field.name}" (${from}) as ${to} (${column.targetType})`)
    }
    const flag = (what: "stops" | "counts", sql: string | undefined) => {
      if (sql === undefined) return undefined
      flags.push({ name: `batch_${what}${index}`, sql: `ifNull(${sql}, 0)` })
      return `batch_${what}${index}`
    }
    const { counts, stops } = judge(column, raw, value)
    columns.push({
      ...column,
      value: named(made, value, `batch_value${index}`),
      stops: flag("stops", stops),
      counts: flag("counts", counts),
    })
  }
  return Result.succeed({ columns, layers: [rows.aliases ?? [], ...(rows.layers ?? []), given, [...made, ...flags]] })
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

type Written = Result.Result<Omit<Rendering, "params">, string>

/** The values as expressions with names, and a place in a template for each. */
const expressed = (columns: ReadonlyArray<Column>, encoding: RowEncoding) => {
  const slots: Array<string> = []
  const expressions: Array<string> = []
  for (const [index, { as, field, stops, targetType, value }] of columns.entries()) {
    const column = encoding.write({ value, targetType, index, columns: columns.length })
    if (column === undefined) {
      return Result.fail(`"${field.name}" as ${FieldType.format(as)} (${targetType}) in ${encoding.name}`)
    }
    const [first, ...rest] = column
    const sql = stops === undefined ? first.sql : guarded(first, stops, field.name)
    const parts = [{ ...first, sql }, ...rest]
    for (const [part, { sql }] of parts.entries()) expressions.push(`${sql} AS batch_c${index}_${part}`)
    slots.push(parts.map(({ escaping }, part) => `\${batch_c${index}_${part}:${escaping}}`).join(""))
  }
  return Result.succeed({ slots, expressions })
}

const selected = (expressions: ReadonlyArray<string>, { layers }: Cast, from: string) =>
  `SELECT\n  ${expressions.join(",\n  ")}\nFROM ${layers.reduce(layer, from)}`

const templated = (cast: Cast, from: string, encoding: RowEncoding, mark: string): Written =>
  Result.map(expressed(cast.columns, encoding), ({ expressions, slots }) => {
    const marks = marksOf(cast.columns, mark)
    const row = encoding.row(
      cast.columns.map(({ field }) => field.name),
      slots,
    )
    const all = marks === undefined ? expressions : [...expressions, `${marks.sql} AS batch_marks`]
    return {
      query: `${selected(all, cast, from)}\nFORMAT Template`,
      settings: {},
      form: {
        _tag: "Lines",
        row: marks === undefined ? row : `${row}\${batch_marks:Raw}`,
        marked: marks?.fields ?? [],
        framing: encoding.framing,
      },
    }
  })

const marked = (cast: Cast, from: string, encoding: RowEncoding, mark: string): Written => {
  const { separated } = encoding
  if (separated === undefined) {
    return Result.fail(`${encoding.name}, which needs inline templates (ClickHouse 24.8 or newer)`)
  }
  return Result.map(expressed(cast.columns, encoding), ({ expressions }) => {
    const marks = marksOf(cast.columns, mark)
    const every = `${marks?.ofEvery ?? literal(mark)} AS batch_marks`
    return {
      query: `${selected([...expressions, every], cast, from)}\nFORMAT CustomSeparated`,
      settings: {},
      form: { _tag: "Marked", ...separated, marked: marks?.fields ?? [], framing: encoding.framing },
    }
  })
}

/** Nothing can be put between the rows of a file, so what was adjusted is counted by a statement of its own. */
const file = ({ columns, layers }: Cast, from: string, settings: ClickHouseSettings): Written => {
  const expressions: Array<string> = []
  for (const { as, field, stops, value } of columns) {
    const sql = Parquet.column(value)
    if (sql === undefined) return Result.fail(`"${field.name}" as ${FieldType.format(as)} in ${Parquet.name}`)
    const whole =
      stops === undefined ? sql : `if(${throwing(stops, field.name)}, defaultValueOfArgumentType(${sql}), ${sql})`
    expressions.push(`${whole} AS batch_c${expressions.length}`)
  }
  // In a query around it, because a field may be called like another column further in.
  const names = columns.map(({ field }, index) => `batch_c${index} AS ${identifier(field.name)}`)
  const rows = layers.reduce(layer, from)
  const counted = columns.flatMap(({ counts, field }) => (counts === undefined ? [] : [{ field: field.name, counts }]))
  const counts = counted.map(({ counts: sql }, index) => `countIf(${sql}) AS adjusted${index}`)
  const fields = counted.map(({ field }) => field)
  return Result.succeed({
    query: `SELECT ${names.join(", ")} FROM (SELECT\n  ${expressions.join(",\n  ")}\nFROM ${rows})\nFORMAT Parquet`,
    settings,
    form: {
      _tag: "File",
      count: counts.length === 0 ? undefined : { query: `SELECT ${counts.join(", ")} FROM ${rows}`, fields },
    },
  })
}

const throwing = (condition: string, field: string) => `throwIf(${condition}, ${literal(`${unfitMark}${field}`)}) = 1`

/** Nothing for a row that is stored as it is; a digit for each adjustable column where one of them was adjusted. */
const marksOf = (columns: ReadonlyArray<Column>, mark: string) => {
  const found = columns.flatMap(({ counts, field }) =>
    counts === undefined ? [] : [{ name: field.name, sql: counts }],
  )
  if (found.length === 0) return undefined
  // Numbers cost next to nothing; only the rows that are marked have them written out, from the highest bit on.
  const groups = Array.from({ length: Math.ceil(found.length / bits) }, (_, index) =>
    found.slice(index * bits, (index + 1) * bits),
  ).map((group) => ({
    size: group.length,
    sql: group.map(({ sql }, index) => `${sql} * ${2 ** (group.length - 1 - index)}`).join(" + "),
  }))
  const isMarked = groups.map(({ sql }) => `(${sql}) != 0`).join(" OR ")
  const written = (sql: string, size: number) => `substring(bin(bitOr(toUInt64(${sql}), ${highest})), -${size})`
  const digits = groups.map(({ size }, index) => written(`g${index}`, size))
  const names = groups.map((_, index) => `g${index}`).join(", ")
  return {
    fields: found.map(({ name }) => name),
    sql: `arrayMap((${names}) -> concat(${[literal(mark), ...digits].join(", ")}), ${groups.map(({ sql }) => `arrayWithConstant(${isMarked}, ${sql})`).join(", ")})[1]`,
    /** A mark for each row, clean or not. */
    ofEvery: `concat(${[literal(mark), ...groups.map(({ size, sql }) => written(sql, size))].join(", ")})`,
  }
}

/** Digits in one number. With the highest of 64 bits set, `bin` leaves no zeros out. */
const bits = 32
const highest = "9223372036854775808"

/** The query fails at the first value that would have to be changed. What is Raw must not become Nullable by it. */
const guarded = ({ escaping, sql }: Slot, adjusted: string, field: string) =>
  `if(${throwing(adjusted, field)}, ${escaping === "Raw" ? "''" : "NULL"}, ${sql})`

const layer = (inner: string, names: ReadonlyArray<Named>): string =>
  names.length === 0
    ? inner
    : `(\nSELECT *,\n  ${names.map(({ name, sql }) => `${sql} AS ${name}`).join(",\n  ")}\nFROM ${inner})`
