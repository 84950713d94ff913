/** The statements that move staged records over without a merge. Pure. Each answers with the number of records inserted. */
import { quote } from "../identifier.ts"
import type { Tables } from "./statements.ts"

const list = (names: ReadonlyArray<string>, of: string): string =>
  names.map((name) => `${of}.${quote(name)}`).join(", ")

const into = ({ target }: Tables, columns: ReadonlyArray<string>): string =>
  `INSERT INTO ${target} AS t (${columns.map(quote).join(", ")})`

export const insertAll = (tables: Tables, columns: ReadonlyArray<string>): string =>
  `${into(tables, columns)} SELECT ${list(columns, "s")} FROM ${tables.staging} AS s`

/** Sorted, so that two runs wait for each other's keys in one order. */
export const insertNew = (tables: Tables, columns: ReadonlyArray<string>, key: ReadonlyArray<string>): string =>
  `${insertAll(tables, columns)} ORDER BY ${list(key, "s")} ON CONFLICT (${key.map(quote).join(", ")}) DO NOTHING`

/** `=` lets the server hash; a NULL equals nothing by it, so a column that may be NULL is compared otherwise. */
export const insertAbsent = (
  tables: Tables,
  columns: ReadonlyArray<string>,
  key: ReadonlyArray<string>,
  nullable: ReadonlyArray<string>,
): string =>
  `${into(tables, columns)} SELECT DISTINCT ON (${list(key, "s")}) ${list(columns, "s")} FROM ${tables.staging} AS s WHERE NOT EXISTS (SELECT FROM ${tables.target} AS t WHERE ${equal(key, nullable)}) ORDER BY ${list(key, "s")}, s.ctid`

/** How many staged keys the table still lacks: a trigger dropped them. */
export const countAbsent = (tables: Tables, key: ReadonlyArray<string>, nullable: ReadonlyArray<string>): string =>
  `SELECT count(*)::int8 AS "absent" FROM ${tables.staging} AS s WHERE NOT EXISTS (SELECT FROM ${tables.target} AS t WHERE ${equal(key, nullable)})`

const equal = (key: ReadonlyArray<string>, nullable: ReadonlyArray<string>): string =>
  key
    .map((name) => `t.${quote(name)} ${nullable.includes(name) ? "IS NOT DISTINCT FROM" : "="} s.${quote(name)}`)
    .join(" AND ")
