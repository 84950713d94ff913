/** One comparison as SQL, in which every value is a parameter. Pure. */
import { FieldType } from "@batch-exports/core"
import { Result } from "effect"
import { type Filter, isNumber } from "./filterSettings.ts"

/** What is compared. */
export interface Subject {
  readonly sql: string
  readonly type: FieldType.FieldType
}

export interface Condition {
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
}

/** `name` begins the names of its parameters. Fails with what is wrong with the filter's value. */
export const condition = (filter: Filter, subject: Subject, name: string): Result.Result<Condition, string> => {
  const { operator, value } = filter
  const values = (Array.isArray(value) ? value : [value ?? ""]).map(String)
  const { sql, type } = subject
  const with1 = (made: string, param: unknown) => Result.succeed({ sql: made, params: { [name]: param } })
  const yes = (made: string) => `ifNull(${made}, 0)`
  /** What has no value is not like it either. */
  const no = (made: string) => `NOT ${yes(made)}`
  const text = type._tag === "Text" || type._tag === "Json" || type._tag === "Inet" ? sql : `toString(${sql})`
  switch (operator) {
    case "is_set":
      return Result.succeed({ sql: `isNotNull(${sql})`, params: {} })
    case "is_not_set":
      return Result.succeed({ sql: `isNull(${sql})`, params: {} })
    case "exact":
    case "in":
      return Result.map(isAnyOf(subject, text, values, name), (made) => ({ ...made, sql: yes(made.sql) }))
    case "is_not":
    case "not_in":
      return Result.map(isAnyOf(subject, text, values, name), (made) => ({ ...made, sql: no(made.sql) }))
    case "contains":
    case "icontains":
      return with1(yes(`positionCaseInsensitiveUTF8(${text}, {${name}:String}) > 0`), values[0])
    case "not_contains":
    case "not_icontains":
      return with1(no(`positionCaseInsensitiveUTF8(${text}, {${name}:String}) > 0`), values[0])
    case "regex":
      return with1(yes(`match(${text}, {${name}:String})`), values[0])
    case "not_regex":
      return with1(no(`match(${text}, {${name}:String})`), values[0])
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return Result.map(ordered(subject, values), ({ left, param, right }) => ({
        sql: yes(`${left} ${signs[operator]} ${right(`{${name}:${param.type}}`)}`),
        params: { [name]: param.value },
      }))
    default:
      return operator satisfies never
  }
}

const signs = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const

const isAnyOf = (
  subject: Subject,
  text: string,
  values: ReadonlyArray<string>,
  name: string,
): Result.Result<Condition, string> => {
  switch (subject.type._tag) {
    case "Int":
    case "Float":
    case "Decimal":
    case "Date":
    case "Timestamp":
      return Result.map(ordered(subject, values), ({ left, right }) => ({
        sql: `has(arrayMap(v -> ${right("v")}, {${name}:Array(String)}), ${left})`,
        params: { [name]: values },
      }))
    case "Uuid":
      return Result.succeed({
        sql: `has({${name}:Array(String)}, ${text})`,
        params: { [name]: values.map((value) => value.toLowerCase()) },
      })
    case "Text":
    case "Json":
    case "Inet":
    case "Bool":
    case "Bytes":
    case "List":
      return Result.succeed({ sql: `has({${name}:Array(String)}, ${text})`, params: { [name]: values } })
    default:
      return subject.type satisfies never
  }
}

/** Both sides of a comparison, in a type that holds them exactly. */
interface Ordered {
  readonly left: string
  /** Of a value that is text. */
  readonly right: (value: string) => string
  readonly param: { readonly type: string; readonly value: unknown }
}

const ordered = ({ sql, type }: Subject, values: ReadonlyArray<string>): Result.Result<Ordered, string> => {
  const param = { type: "String", value: values[0] }
  const allNumbers = values.every(isNumber)
  switch (type._tag) {
    case "Int":
    case "Decimal": {
      if (!allNumbers) return Result.fail("compares numbers")
      const places = values.map((value) => /^-?\d+(?:\.(\d+))?$/.exec(value.trim())?.[1]?.length ?? 0)
      const isPlain = values.every((value) => /^-?\d{1,38}(?:\.\d{1,20})?$/.test(value.trim()))
      if (!isPlain) return Result.succeed(asFloat(sql, param))
      const scale = Math.max(type._tag === "Decimal" ? type.scale : 0, ...places)
      return Result.succeed({
        left: `toDecimal256(${sql}, ${scale})`,
        right: (value) => `toDecimal256(${value}, ${scale})`,
        param: { ...param, value: values[0]?.trim() },
      })
    }
    case "Float":
      return allNumbers ? Result.succeed(asFloat(sql, param)) : Result.fail("compares numbers")
    case "Text":
      return allNumbers
        ? Result.succeed({ ...asFloat(sql, param), left: `toFloat64OrNull(${sql})` })
        : Result.fail("compares numbers")
    case "Timestamp":
      return values.every((value) => isTime(value))
        ? Result.succeed({ left: sql, right: (value) => `parseDateTime64BestEffort(${value}, 9, 'UTC')`, param })
        : Result.fail("compares times, such as 2026-01-31T13:00:00Z")
    case "Date":
      return values.every((value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && isTime(value))
        ? Result.succeed({ left: sql, right: (value) => `toDate32(${value})`, param })
        : Result.fail("compares dates, such as 2026-01-31")
    case "Json":
    case "Bool":
    case "Uuid":
    case "Bytes":
    case "Inet":
    case "List":
      return Result.fail(`cannot compare ${FieldType.format(type)} by size`)
    default:
      return type satisfies never
  }
}

const asFloat = (sql: string, param: Ordered["param"]): Ordered => ({
  left: `toFloat64(${sql})`,
  right: (value) => `toFloat64(${value})`,
  param,
})

/** ISO 8601, so that nobody has to guess which is the month. */
const isTime = (text: string) =>
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text) &&
  !Number.isNaN(Date.parse(text.replace(/(\.\d{3})\d+/, "$1")))
