/**
 * The statements of a merge: staging, one record for each key of it, and the one INSERT … ON CONFLICT that moves it over.
 * Pure: tables and columns come quoted or as names, never as values.
 */
import { quote } from "../identifier.ts"
import type { Group, Merge } from "./Merge.ts"

/** Quoted, with its schema. */
export interface Tables {
  readonly staging: string
  readonly target: string
}

const list = (names: ReadonlyArray<string>, of?: string): string =>
  names.map((name) => (of === undefined ? quote(name) : `${of}.${quote(name)}`)).join(", ")

/** Typed like the target, without its constraints and without an index. `WITH NO DATA` reads nothing. */
export const createStaging = (
  { staging, target }: Tables,
  kind: "temporary" | "unlogged",
  columns: ReadonlyArray<string>,
): string =>
  `CREATE ${kind === "temporary" ? "TEMPORARY" : "UNLOGGED"} TABLE ${staging}${kind === "temporary" ? " ON COMMIT DROP" : ""} AS SELECT ${list(columns)} FROM ${target} WITH NO DATA`

/** A record without a key could be merged with nothing, and would be there twice after the next run. */
export const requireKey = ({ staging }: Tables, key: ReadonlyArray<string>): string =>
  `ALTER TABLE ${staging} ${key.map((name) => `ALTER COLUMN ${quote(name)} SET NOT NULL`).join(", ")}`

export const countRepeatedKeys = ({ staging }: Tables, { key }: Merge): string =>
  `SELECT count(*)::int8 AS "repeated" FROM (SELECT 1 FROM ${staging} GROUP BY ${list(key)} HAVING count(*) > 1) AS r`

export interface Circumstances {
  /** Some key is staged more than once. */
  readonly repeated: boolean
  /** A partitioned table does not tell the system columns of what it stored. */
  readonly partitioned: boolean
}

/**
 * Counts inserted and updated rows on the server. Sorted, so that two merges lock the keys that they share in one order.
 * `xmax` is zero in a row that is new, and the lock of ON CONFLICT in one that was there. Where it cannot be seen, the rows
 * are looked for in the table as it was before: the whole statement has one snapshot.
 */
export const merge = (tables: Tables, plan: Merge, { partitioned, repeated }: Circumstances): string => `
WITH merged AS (
  INSERT INTO ${tables.target} AS t (${list(plan.columns)})
  SELECT ${list(plan.columns, "s")} FROM ${repeated ? `(${fold(tables, plan)})` : tables.staging} AS s
  ORDER BY ${list(plan.key, "s")}
  ON CONFLICT (${list(plan.key)}) ${onConflict(plan)}
  RETURNING ${partitioned ? list(plan.key, "t") : "t.xmax = 0 AS fresh"}
)
SELECT count(*) FILTER (WHERE fresh)::int8 AS "inserted", count(*) FILTER (WHERE NOT fresh)::int8 AS "updated"
FROM ${partitioned ? `(SELECT t.${quote(plan.key[0])} IS NULL AS fresh FROM merged LEFT JOIN ${tables.target} AS t USING (${list(plan.key)})) AS found` : "merged"}`

/** Staged records that are still newer than the table's, after the merge: a trigger dropped what should have been stored. */
export const countBehind = ({ staging, target }: Tables, plan: Merge): string =>
  `SELECT count(*)::int8 AS "behind" FROM ${staging} AS s LEFT JOIN ${target} AS t USING (${list(plan.key)})
   WHERE t.${quote(plan.key[0])} IS NULL${conditions(withoutTies(plan), "t", "s")
     .filter((_, index) => plan.groups[index]?.version !== undefined)
     .map((condition) => ` OR (${condition})`)
     .join("")}`

const onConflict = (plan: Merge): string => {
  if (plan.groups.length === 0) return "DO NOTHING"
  const moves = conditions(plan, "t", "excluded")
  const set = plan.groups.flatMap(({ columns }, index) =>
    columns.map((name) =>
      plan.groups.length === 1
        ? `${quote(name)} = excluded.${quote(name)}`
        : `${quote(name)} = CASE WHEN ${moves[index]} THEN excluded.${quote(name)} ELSE t.${quote(name)} END`,
    ),
  )
  return `DO UPDATE SET\n    ${set.join(",\n    ")}\n  WHERE ${moves.map((condition) => `(${condition})`).join(" OR ")}`
}

/** For each group, whether it moves from the row `older` to the row `newer`. */
export const conditions = (plan: Merge, older: string, newer: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const group of plan.groups) {
    const own = isNewer(plan, group, older, newer)
    const owned = group.owners.map((place) => `(${found[place]})`).join(" OR ") || "false"
    found.push(
      group.within.length === 0
        ? own
        : `CASE WHEN ${same(plan, group.within, older, newer)} THEN ${own} ELSE ${owned} END`,
    )
  }
  return found
}

/** Of staged records with equal versions only one is stored, and the others are not behind it. */
const withoutTies = (plan: Merge): Merge => ({
  ...plan,
  groups: plan.groups.map((group) => ({ ...group, takesTies: false })),
})

const isNewer = (plan: Merge, { columns, takesTies, version }: Group, older: string, newer: string): string => {
  if (version === undefined) return `NOT (${same(plan, columns, older, newer)})`
  const [a, b] = [`${older}.${quote(version)}`, `${newer}.${quote(version)}`]
  const tied = takesTies ? ` OR (${b} = ${a} AND NOT (${same(plan, columns, older, newer)}))` : ""
  return `(${b} > ${a} OR (${a} IS NULL AND ${b} IS NOT NULL)${tied})`
}

const same = ({ unequatable }: Merge, names: ReadonlyArray<string>, older: string, newer: string): string =>
  names
    .map((name) => {
      const cast = unequatable.includes(name) ? "::text" : ""
      return `${older}.${quote(name)}${cast} IS NOT DISTINCT FROM ${newer}.${quote(name)}${cast}`
    })
    .join(" AND ")

/**
 * One record for each key: of each group the newest, the first of equals, or the last where ties are taken; of a group within another's fields, the newest of
 * those that have the other's newest. Without versions, the last. `ctid` is the order of arrival.
 */
const fold = ({ staging }: Tables, { groups, key }: Merge): string => {
  const [only] = groups
  if (only === undefined || groups.length === 1) return newest(`${staging} AS s`, key, only, "s.*")
  const parts = groups.map((group, index) => {
    const joined = group.owners.map(
      (place) => ` JOIN g${place} ON ${key.map((name) => `g${place}.${quote(name)} = s.${quote(name)}`).join(" AND ")}`,
    )
    const within = group.owners.flatMap((place) =>
      group.within
        .filter((name) => groups[place]?.columns.includes(name))
        .map((name) => `g${place}.${quote(name)} IS NOT DISTINCT FROM s.${quote(name)}`),
    )
    // First, not alone: where two owners have their newest from two records, no record has both, and none may be lost.
    const first = within.length === 0 ? [] : [`(${within.join(" AND ")}) DESC`]
    const what = list([...key, ...group.columns], "s")
    return `g${index} AS (${newest(`${staging} AS s${joined.join("")}`, key, group, what, first)})`
  })
  const [, ...others] = groups
  return `WITH ${parts.join(", ")} SELECT * FROM g0 ${others.map((_, index) => `JOIN g${index + 1} USING (${list(key)})`).join(" ")}`
}

const newest = (
  from: string,
  key: ReadonlyArray<string>,
  group: Group | undefined,
  what: string,
  first: ReadonlyArray<string> = [],
): string => {
  const order =
    group?.version === undefined
      ? ["s.ctid DESC"]
      : [`s.${quote(group.version)} DESC NULLS LAST`, group.takesTies ? "s.ctid DESC" : "s.ctid"]
  return `SELECT DISTINCT ON (${list(key, "s")}) ${what} FROM ${from} ORDER BY ${[list(key, "s"), ...first, ...order].join(", ")}`
}
