/**
 * Which field type a column of ClickHouse's has, and the SQL that gives its canonical value (see values/Value.ts). Nothing is lost
 * on the way: a type that has no whole form here is refused, with the cast to write.
 */
import { FieldType } from "@batch-exports/core"
import { Result } from "effect"
import { cleaned } from "../values/hygiene.ts"
import { isOutside, within } from "../values/range.ts"
import { parse } from "./typeName.ts"

export interface ColumnType {
  readonly type: FieldType.FieldType
  readonly nullable: boolean
  /** Of a column. */
  readonly sql: (column: string) => string
  /** The value may hold anything, and must be made storable: as text, or as a JSON document. */
  readonly unchecked?: "text" | "document"
  /** True of a column's value that has been replaced by the nearest one that its type can have; absent where none is. */
  readonly adjusted?: (column: string) => string
}

/** Fails with what to write in place of the column. */
export const columnType = (declared: string): Result.Result<ColumnType, string> => {
  const { args, name } = parse(declared)
  const [inner = ""] = args
  switch (name) {
    case "Nullable":
      return Result.map(columnType(inner), (found) => ({ ...found, nullable: true }))
    case "LowCardinality":
      // Functions would keep the dictionary, which arrays and formats then trip over.
      return Result.map(columnType(inner), (found) => ({
        ...found,
        sql: (column) => found.sql(`CAST(${column}, '${inner.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}')`),
      }))
    case "SimpleAggregateFunction":
      return columnType(args.at(-1) ?? "")
    case "Array":
      return columnType(inner).pipe(
        Result.map(list),
        Result.mapError((remedy) =>
          inner === "Nothing" ? remedyOfEmpty : `arrayMap(x -> ${remedy.replace("…", "x")}, …)`,
        ),
      )
    default: {
      const known = scalar(name, args)
      return known === undefined ? Result.fail(remedyOf(name)) : Result.succeed(known)
    }
  }
}

/** What to write for a type that is refused. */
const remedies: Readonly<Record<string, string>> = {
  AggregateFunction: "finalizeAggregation(…)",
  UInt256: "toString(…)",
  Int256: "toString(…)",
  // What has no value but NULL.
  Nothing: "CAST(…, 'Nullable(String)')",
}

/** Of an array that never has an element. */
const remedyOfEmpty = "CAST(…, 'Array(Nullable(String))')"

const remedyOf = (name: string) => remedies[name] ?? (name.startsWith("Interval") ? "toInt64(…)" : "toString(…)")

const { int16, int32, int64, text, json, timestamp } = FieldType

const plain = (type: FieldType.FieldType, sql: ColumnType["sql"] = (column) => column): ColumnType => ({
  type,
  nullable: false,
  sql,
})
const call =
  (name: string, ...rest: ReadonlyArray<string | number>) =>
  (column: string) =>
    `${name}(${[column, ...rest].join(", ")})`

const document: ColumnType = { ...plain(json, call("toJSONString")), unchecked: "document" }

/** Of values that may be NULL although their type is not called Nullable. */
const maybeDocument: ColumnType = {
  ...document,
  nullable: true,
  sql: (column) => `nullIf(toJSONString(${column}), 'null')`,
}

const integers: Readonly<Record<string, ColumnType>> = {
  Int8: plain(int16, call("toInt16")),
  UInt8: plain(int16, call("toInt16")),
  Int16: plain(int16),
  UInt16: plain(int32, call("toInt32")),
  Int32: plain(int32),
  UInt32: plain(int64, call("toInt64")),
  Int64: plain(int64),
  UInt64: plain(FieldType.decimal(20, 0), call("toDecimal256", 0)),
  Int128: plain(FieldType.decimal(39, 0), call("toDecimal256", 0)),
  UInt128: plain(FieldType.decimal(39, 0), call("toDecimal256", 0)),
}

const scalar = (name: string, args: ReadonlyArray<string>): ColumnType | undefined => {
  if (Object.hasOwn(integers, name)) return integers[name]
  switch (name) {
    case "Bool":
      return plain(FieldType.bool)
    case "Float32":
      return plain(FieldType.float32)
    case "BFloat16":
      return plain(FieldType.float32, call("toFloat32"))
    case "Float64":
      return plain(FieldType.float64)
    case "Decimal": {
      const type = FieldType.decimal(Number(args[0]), Number(args[1] ?? 0))
      // What is computed with decimals may have more digits than their type says.
      return { ...plain(type, (column) => within(column, type)), adjusted: (column) => isOutside(column, type) ?? "0" }
    }
    case "String":
      return { ...plain(text()), unchecked: "text" }
    case "FixedString":
      // It is filled up with NUL, which is no part of the text.
      return { ...plain(text(), (column) => `replaceRegexpOne(toString(${column}), '\\0+$', '')`), unchecked: "text" }
    case "Enum8":
    case "Enum16":
    case "Enum":
      return { ...plain(text(), call("toString")), unchecked: "text" }
    case "Time":
    case "Time64":
      return plain(text(), call("toString"))
    case "UUID":
      return plain(FieldType.uuid)
    case "IPv4":
    case "IPv6":
      return plain(FieldType.inet, call("toString"))
    case "Date":
    case "Date32":
      return plain(FieldType.date, call("toDate32"))
    case "DateTime":
      return plain(timestamp(0), call("toDateTime64", 0, "'UTC'"))
    case "DateTime64": {
      const digits = Number(args[0] ?? 3)
      return plain(timestamp(digits), call("toDateTime64", digits, "'UTC'"))
    }
    case "Map":
    case "Tuple":
    case "Nested":
    case "JSON":
    case "Point":
    case "Ring":
    case "LineString":
    case "MultiLineString":
    case "Polygon":
    case "MultiPolygon":
    case "QBit":
      return document
    case "Variant":
    case "Dynamic":
    case "Geometry":
      return maybeDocument
    default:
      return undefined
  }
}

/** Lists of values that have a form of their own; others, such as lists of lists, are JSON. */
const list = (element: ColumnType): ColumnType => {
  const { type, unchecked } = element
  if (type._tag === "List" || type._tag === "Json") return document
  // Texts of a list are cleaned where they stand: there is no column for what is adjusted about them.
  const whole = element.sql("e")
  const sql =
    unchecked !== "text"
      ? whole
      : element.nullable
        ? `if(isNull(e), NULL, ${cleaned(`ifNull(${whole}, '')`)})`
        : cleaned(whole)
  return plain(FieldType.list(type), (column) => (sql === "e" ? column : `arrayMap(e -> ${sql}, ${column})`))
}
