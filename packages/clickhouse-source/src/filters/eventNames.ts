/** Which events are exported, by their names, as SQL in which every name is a parameter. Pure. */
import type { RowFilter } from "./rowFilter.ts"

export const eventNames = (include: ReadonlyArray<string> = [], exclude: ReadonlyArray<string> = []): RowFilter => {
  const conditions: Array<string> = []
  const params: Record<string, unknown> = {}
  if (include.length > 0) {
    conditions.push("has({include:Array(String)}, event)")
    params["include"] = include
  }
  if (exclude.length > 0) {
    conditions.push("NOT has({exclude:Array(String)}, event)")
    params["exclude"] = exclude
  }
  return { condition: conditions.join(" AND "), columns: conditions.length === 0 ? [] : ["event"], params }
}
