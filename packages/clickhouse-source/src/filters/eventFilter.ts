/** Which events are exported: conditions on their names and properties, as SQL in which every name and value is a parameter. Pure. */
import type { PropertyFilter } from "./filterSettings.ts"

export interface Filter {
  /** Of columns of the table; '' where everything passes. */
  readonly condition: string
  readonly columns: ReadonlyArray<string>
  readonly params: Readonly<Record<string, unknown>>
}

export interface Wanted {
  readonly include?: ReadonlyArray<string> | undefined
  readonly exclude?: ReadonlyArray<string> | undefined
  readonly properties?: ReadonlyArray<PropertyFilter> | undefined
}

export const eventFilter = ({ exclude = [], include = [], properties = [] }: Wanted): Filter => {
  const conditions: Array<string> = []
  const columns = new Set<string>()
  const params: Record<string, unknown> = {}
  if (include.length > 0) {
    conditions.push("has({include:Array(String)}, event)")
    params["include"] = include
  }
  if (exclude.length > 0) {
    conditions.push("NOT has({exclude:Array(String)}, event)")
    params["exclude"] = exclude
  }
  if (include.length + exclude.length > 0) columns.add("event")
  for (const [index, filter] of properties.entries()) {
    const column = filter.of === "person" ? "person_properties" : "properties"
    columns.add(column)
    params[`key${index}`] = filter.property
    // Text as it is, other values as JSON text; NULL where the property is absent or null.
    const value = `JSONExtract(${column}, {key${index}:String}, 'Nullable(String)')`
    const { param, sql } = compared(filter, value, `value${index}`)
    if (param !== undefined) params[`value${index}`] = param
    conditions.push(sql)
  }
  return { condition: conditions.join(" AND "), columns: [...columns], params }
}

const compared = (
  { operator, value }: PropertyFilter,
  property: string,
  name: string,
): { readonly sql: string; readonly param?: unknown } => {
  const all = (Array.isArray(value) ? value : [value]).map(String)
  const [first = ""] = all
  const yes = (condition: string) => `ifNull(${condition}, 0)`
  /** What has no such property is not like it either. */
  const no = (condition: string) => `NOT ${yes(condition)}`
  switch (operator) {
    case "exact":
    case "in":
      return { sql: yes(`has({${name}:Array(String)}, ${property})`), param: all }
    case "is_not":
    case "not_in":
      return { sql: no(`has({${name}:Array(String)}, ${property})`), param: all }
    case "contains":
      return { sql: yes(`positionCaseInsensitiveUTF8(${property}, {${name}:String}) > 0`), param: first }
    case "not_contains":
      return { sql: no(`positionCaseInsensitiveUTF8(${property}, {${name}:String}) > 0`), param: first }
    case "regex":
      return { sql: yes(`match(${property}, {${name}:String})`), param: first }
    case "not_regex":
      return { sql: no(`match(${property}, {${name}:String})`), param: first }
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return {
        sql: yes(`toFloat64OrNull(${property}) ${signs[operator]} {${name}:Float64}`),
        param: Number(first),
      }
    case "is_set":
      return { sql: `isNotNull(${property})` }
    case "is_not_set":
      return { sql: `isNull(${property})` }
    default:
      return operator satisfies never
  }
}

const signs = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const
