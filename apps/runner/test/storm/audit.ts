/**
 * What holds at any moment, while runners work: whatever the ledger speaks of is all there, once. Each transaction that left rows
 * in the table is one of the ledger's, with as many rows as that says, which are as many as the source has; no run ended twice.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { cluster } from "../support/cluster.ts"
import { World } from "../support/World.ts"

type Cluster = Effect.Success<ReturnType<typeof cluster>>

export type Generation = ReturnType<Cluster["generation"]>

/** How many rows each window must become, by its start. */
export const sourceRows = Effect.fnUntraced(function* (minutes: number) {
  const world = yield* World
  const rows = new Map<number, number>()
  const end = world.windows.at(-1)?.end.getTime() ?? 0
  const step = minutes * 60_000
  for (let at = world.windows[0]?.start.getTime() ?? 0; at < end; at += step) {
    rows.set(at, yield* world.sourceRows({ start: new Date(at), end: new Date(at + step) }))
  }
  return rows
})

/** Answers how many windows are exported. */
export const audit = Effect.fnUntraced(function* (
  { query }: Cluster,
  { names, schema }: Generation,
  rows: ReadonlyMap<number, number>,
  told: string,
) {
  const world = yield* World
  const table = `${world.schema}.${names.table}`
  const ledger = `${world.schema}.${names.ledgerTable}`
  const twice = yield* query(
    `SELECT run_id FROM ${schema}.run_logs WHERE message LIKE 'completed%' GROUP BY run_id HAVING count(*) > 1
      UNION ALL SELECT min(id) FROM ${schema}.runs GROUP BY window_start, window_end HAVING count(*) > 1`,
  )
  assert.deepStrictEqual(twice, [], `ended twice; ${told}`)
  const [there] = yield* world.query<{ there: boolean }>(
    `SELECT to_regclass('${ledger}') IS NOT NULL AND to_regclass('${table}') IS NOT NULL AS there`,
  )
  if (there?.there !== true) return 0
  const held = yield* world.query<{ start: Date; rows: number }>(
    `SELECT window_start AS start, "rows"::int AS rows FROM ${ledger}`,
  )
  for (const { rows: count, start } of held) {
    assert.strictEqual(count, rows.get(start.getTime()), `rows of ${start.toISOString()}; ${told}`)
  }
  const unequal = yield* world.query(
    `WITH written AS (SELECT xmin::text AS tx, count(*)::int AS rows FROM ${table} GROUP BY 1),
        said AS (SELECT xmin::text AS tx, sum("rows")::int AS rows FROM ${ledger} GROUP BY 1)
      SELECT tx, said.rows AS said, written.rows AS written FROM said FULL JOIN written USING (tx)
      WHERE coalesce(said.rows, 0) <> coalesce(written.rows, 0)`,
  )
  assert.deepStrictEqual(unequal, [], `transactions; ${told}`)
  return held.length
})
