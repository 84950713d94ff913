/** Copies the state of a runner that is stopped from its folder to a Postgres. */
import { Array, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Folder, Postgres } from "./Place.ts"
import type { Row } from "./Run.ts"
import { StateUnusable } from "./StateUnusable.ts"
import * as State from "./State.ts"

/**
 * The tables that are worth keeping. The engine's own are left behind: what it had in hand is in `runs`, and waits there as new
 * executions, which the next runner hands to its engine.
 */
const tables = ["exports", "runs", "occurrences", "backfills", "stored_exports", "run_logs"] as const

export type Moved = Readonly<Record<(typeof tables)[number], number>>

const BATCH = 500

const read = (from: Folder) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const all = new Map<string, ReadonlyArray<Row>>()
    for (const table of tables) all.set(table, yield* sql<Row>`SELECT * FROM ${sql(table)}`)
    return all
    // Its lock is held meanwhile: nobody writes.
  }).pipe(Effect.provide(State.owned(from)))

const write = (all: ReadonlyMap<string, ReadonlyArray<Row>>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const table of tables) {
      const [there] = yield* sql<Row>`SELECT COUNT(*) AS n FROM ${sql(table)}`
      if (Number(there?.["n"]) > 0) {
        return yield* new StateUnusable({
          message: `there is a state already: its table "${table}" is not empty`,
          remedy: "Name another schema (…?schema=…), or empty that one.",
        })
      }
      const rows = all.get(table) ?? []
      for (let from = 0; from < rows.length; from += BATCH) {
        // The lines of the log are numbered anew, in the same order.
        const part = rows.slice(from, from + BATCH).map((row) => (table === "run_logs" ? withoutId(row) : { ...row }))
        if (Array.isArrayNonEmpty(part)) yield* sql`INSERT INTO ${sql(table)} ${sql.insert(part)}`
      }
    }
    yield* sql`UPDATE runs SET state = 'scheduled', generation = generation + 1 WHERE state IN ('starting', 'running')`
    return Object.fromEntries(tables.map((table) => [table, all.get(table)?.length ?? 0])) as Moved
  })

const withoutId = (row: Row): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([key]) => key !== "id"))

/** All or nothing. The folder stays as it is. */
export const move = Effect.fn("moveState")(function* (from: Folder, to: Postgres) {
  const all = yield* read(from)
  return yield* Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return yield* sql.withTransaction(write(all))
  }).pipe(Effect.provide(State.owned(to)))
})
