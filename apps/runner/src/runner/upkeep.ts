/** What a runner does now and then, so that it can be left alone for a year: forgets what is old, and trusts the ledger over its own memory. */
import { Clock, DateTime, Duration, Effect } from "effect"
import { Snowflake } from "effect/cluster"
import { SqlClient } from "effect/sql"
import * as Plan from "../schedule/plan.ts"
import { log } from "./runLog.ts"
import type { Row } from "../store/Run.ts"
import * as Runs from "../store/Runs.ts"
import { current } from "./Definitions.ts"
import { covered } from "./planDue.ts"

/** The engine keeps every message; a finished run needs none. Long enough that no execution is still being answered. */
const ENGINE_MEMORY = Duration.toMillis("1 hour")

export const forgetOld = Effect.fn("forgetOld")(function* (engineMemory = ENGINE_MEMORY) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const { keepRuns } = (yield* current).runner
  const before = now - keepRuns
  const done = sql`state IN ('completed', 'failed', 'cancelled', 'skipped') AND finished_at < ${before}`
  yield* Effect.gen(function* () {
    yield* sql`DELETE FROM run_logs WHERE run_id IN (SELECT id FROM runs WHERE ${done})`
    yield* sql`DELETE FROM runs WHERE ${done}`
    yield* sql`DELETE FROM backfills WHERE state <> 'running' AND finished_at < ${before}`
    // The accounting outlives its runs by far, and is small; it says what was skipped, which nothing else does.
    yield* sql`DELETE FROM occurrences WHERE created_at < ${before} AND outcome = 'run'`
  }).pipe(sql.withTransaction)
  yield* forgetMessages(now - engineMemory)
})

/** Messages and replies of executions that have ended. Their ids begin with their time. */
const forgetMessages = Effect.fnUntraced(function* (before: number) {
  const sql = yield* SqlClient.SqlClient
  const bound = BigInt(Math.max(0, before - Snowflake.constEpochMillis)) << 22n
  yield* Effect.gen(function* () {
    yield* sql`CREATE TEMPORARY TABLE IF NOT EXISTS ended_messages (id BIGINT)`
    yield* sql`DELETE FROM ended_messages`
    yield* sql`INSERT INTO ended_messages SELECT id FROM cluster_messages AS m WHERE m.id < ${bound} AND NOT EXISTS (
      SELECT 1 FROM cluster_messages AS other WHERE other.entity_id = m.entity_id AND other.processed = ${false})`
    yield* sql`DELETE FROM cluster_replies WHERE request_id IN (SELECT id FROM ended_messages)`
    yield* sql`DELETE FROM cluster_messages WHERE id IN (SELECT id FROM ended_messages)`
  }).pipe(sql.withTransaction)
})

const LOOK_BACK = Duration.toMillis("3 days")

/**
 * Runs that completed, and that the ledger does not hold: a table was restored from a backup, a fail-over lost the last
 * transactions, a window was forgotten on purpose. They are exported again. Not those that went elsewhere, before the
 * destination was changed: whether history is to follow is for people to say.
 */
export const trustLedger = Effect.fn("trustLedger")(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  for (const definition of (yield* current).definitions.values()) {
    const { destination, name } = definition.export
    if (destination.plugin.capabilities.ledger !== "transactional") continue
    const rows = yield* sql<Row>`SELECT id, window_start, window_end FROM runs AS r
      WHERE export = ${name} AND state = 'completed' AND finished_at > ${now - LOOK_BACK}
        AND (went_to IS NULL OR went_to = ${destination.place ?? sql`went_to`}) AND NOT EXISTS (
        SELECT 1 FROM runs AS other WHERE other.export = r.export AND other.window_start = r.window_start
          AND other.window_end = r.window_end AND other.created_at > r.created_at)`
    if (rows.length === 0) continue
    const starts = rows.map((row) => Number(row["window_start"]))
    const ends = rows.map((row) => Number(row["window_end"]))
    const ledger = yield* covered(definition, Math.min(...starts), Math.max(...ends))
    if (ledger === undefined) continue
    const held = Plan.coverage(ledger)
    for (const row of rows.toSorted((a, b) => Number(a["window_start"]) - Number(b["window_start"]))) {
      const window = { start: Number(row["window_start"]), end: Number(row["window_end"]) }
      if (held(window)) continue
      const run = { id: String(row["id"]), export: name }
      yield* Runs.insert({
        export: name,
        destination: definition.export.destinationName,
        origin: "coverage",
        window,
        dueAt: now,
      })
      yield* log(
        run,
        "warn",
        `the ledger does not hold ${DateTime.formatIso(DateTime.makeUnsafe(window.start))} any more; it is exported again`,
      )
    }
  }
})
