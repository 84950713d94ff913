/** Compares rows as multisets, and says in a few words how they differ. */
import type { RecordSchema } from "@batch-exports/core"
import type { Row } from "./encoders/index.ts"
import { canonicalRow } from "./values/index.ts"

export const difference = (
  fields: ReadonlyArray<RecordSchema.Field>,
  expected: ReadonlyArray<Row>,
  seen: ReadonlyArray<Row>,
): string | undefined => {
  const print = canonicalRow(fields)
  const balance = new Map<string, number>()
  const add = (rows: ReadonlyArray<Row>, step: number) => {
    for (const row of rows) {
      const key = print(row)
      balance.set(key, (balance.get(key) ?? 0) + step)
    }
  }
  add(expected, 1)
  add(seen, -1)
  const missing = [...balance].filter(([, by]) => by > 0)
  const extra = [...balance].filter(([, by]) => by < 0)
  if (missing.length === 0 && extra.length === 0) return undefined
  return [
    seen.length === 1 ? "1 row" : `${seen.length} rows`,
    ...some("missing", missing),
    ...some("not expected", extra),
  ].join("; ")
}

const some = (what: string, found: ReadonlyArray<readonly [string, number]>): ReadonlyArray<string> => {
  const total = found.reduce((sum, [, by]) => sum + Math.abs(by), 0)
  if (total === 0) return []
  const examples = found.slice(0, 2).map(([row]) => (row.length > 300 ? `${row.slice(0, 300)} …` : row))
  return [`${total} ${what}, such as ${examples.join(" and ")}`]
}
