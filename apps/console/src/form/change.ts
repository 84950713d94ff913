/** What somebody changed in a form, in the words of the API. Pure. */
import { isObject, type Values } from "./schema.ts"

/** As a merge patch: what is gone is taken away, what is the same is left out. */
export const change = (before: Values, after: Values): Values => {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries(
    [...keys].flatMap((key): ReadonlyArray<readonly [string, unknown]> => {
      const [was, is] = [before[key], after[key]]
      if (is === undefined) return [[key, null]]
      if (JSON.stringify(was) === JSON.stringify(is)) return []
      return [[key, isObject(was) && isObject(is) ? change(was, is) : is]]
    }),
  )
}
