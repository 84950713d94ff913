/** JSON Merge Patch, RFC 7396: what the patch leaves out stays, null takes away, lists are replaced whole. Pure. */

type Json = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

/** Whether a patch speaks of a path: gives it another value, takes it away, or replaces what it is in. */
export const touches = (patch: unknown, path: ReadonlyArray<string | number>): boolean => {
  const [key, ...rest] = path
  if (key === undefined || !isObject(patch)) return true
  return Object.hasOwn(patch, key) && touches(patch[key], rest)
}
