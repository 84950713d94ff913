/** Puts rows into a table by the model's identity: adds them, fills in absent ones, or merges them by version groups. */
import { type Model, Run } from "@batch-exports/core"
import type { Row, Value } from "../encoders/index.ts"

type Placed = Pick<Run.Stored, "inserted" | "updated" | "unchanged">

/** Changes `rows` in place. */
export const append = (rows: Array<Row>, incoming: ReadonlyArray<Row>): Placed => {
  for (const row of incoming) rows.push(row)
  return { inserted: incoming.length, updated: 0, unchanged: 0 }
}

/** Only records whose key is not there yet. */
export const fill = (rows: Array<Row>, incoming: ReadonlyArray<Row>, key: ReadonlyArray<string>): Placed => {
  const present = new Set(rows.map((row) => keyOf(row, key)))
  const absent = incoming.filter((row) => {
    const fresh = !present.has(keyOf(row, key))
    present.add(keyOf(row, key))
    return fresh
  })
  for (const row of absent) rows.push(row)
  return { inserted: absent.length, updated: 0, unchanged: incoming.length - absent.length }
}

/** One row for each key; each version group moves when its own version is newer. */
export const upsert = (rows: Array<Row>, incoming: ReadonlyArray<Row>, identity: Model.Upsert): Placed => {
  const places = new Map(rows.map((row, index) => [keyOf(row, identity.key), index]))
  const before = rows.length
  const touched = new Set<number>()
  for (const row of incoming) {
    const place = places.get(keyOf(row, identity.key))
    const present = place === undefined ? undefined : rows[place]
    if (place === undefined || present === undefined) {
      places.set(keyOf(row, identity.key), rows.push(row) - 1)
      continue
    }
    const merged = newer(present, row, identity.versions)
    if (merged === present) continue
    rows[place] = merged
    if (place < before) touched.add(place)
  }
  const inserted = rows.length - before
  return { inserted, updated: touched.size, unchanged: incoming.length - inserted - touched.size }
}

/** `present` itself when no group of `incoming` is newer. */
const newer = (present: Row, incoming: Row, groups: ReadonlyArray<Model.VersionGroup>): Row => {
  const moved = new Set<Model.VersionGroup>()
  // A group whose versions count only within another's fields follows that one, so it comes after it.
  for (const group of [...groups].sort((a, b) => (a.within?.length ?? 0) - (b.within?.length ?? 0))) {
    const changes = group.within?.filter((name) => !same(present[name], incoming[name])) ?? []
    const owner = groups.find((other) => other !== group && changes.some((name) => other.fields.includes(name)))
    const moves = owner === undefined ? supersedes(incoming, present, group) : moved.has(owner)
    if (moves) moved.add(group)
  }
  if (moved.size === 0) return present
  const names = [...moved].flatMap((group) => [group.version, ...group.fields])
  return { ...present, ...Object.fromEntries(names.map((name) => [name, incoming[name] ?? null])) }
}

const supersedes = (incoming: Row, present: Row, { fields, ties = "keep", version }: Model.VersionGroup): boolean =>
  isNewer(incoming[version], present[version]) ||
  (ties === "take" &&
    same(incoming[version], present[version]) &&
    (incoming[version] ?? null) !== null &&
    fields.some((name) => !same(incoming[name], present[name])))

/** NULL is older than everything. */
const isNewer = (incoming: Value | undefined, present: Value | undefined): boolean => {
  if (incoming === null || incoming === undefined) return false
  return present === null || present === undefined || incoming > present
}

const same = (a: Value | undefined, b: Value | undefined): boolean => String(a ?? null) === String(b ?? null)

const keyOf = (row: Row, key: ReadonlyArray<string>): string =>
  JSON.stringify(key.map((name) => String(row[name] ?? null)))
