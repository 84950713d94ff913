/** What the runner remembers of each export: how far its schedule is accounted for, and whether it is paused. */
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Planned, Skipped } from "../schedule/plan.ts"
import { exclusively } from "./exclusively.ts"
import type { Row } from "./Run.ts"
import * as Runs from "./Runs.ts"

export interface ExportState {
  readonly name: string
  /** For people; null when it runs by hand only. */
  readonly schedule: string | null
  readonly cursorAt: number | null
  readonly nextDueAt: number | null
  readonly pausedAt: number | null
  readonly pauseReason: string | null
  readonly createdAt: number
  readonly removedAt: number | null
}

const orNull = (value: Row[string] | undefined): number | null =>
  value === null || value === undefined ? null : Number(value)

const fromRow = (row: Row): ExportState => ({
  name: String(row["name"]),
  schedule: row["schedule"] === null ? null : String(row["schedule"]),
  cursorAt: orNull(row["cursor_at"]),
  nextDueAt: orNull(row["next_due_at"]),
  pausedAt: orNull(row["paused_at"]),
  pauseReason: row["pause_reason"] === null ? null : String(row["pause_reason"]),
  createdAt: Number(row["created_at"]),
  removedAt: orNull(row["removed_at"]),
})

export const all = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql<Row>`SELECT * FROM exports ORDER BY name`).map(fromRow)
})

export const get = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Row>`SELECT * FROM exports WHERE name = ${name}`
  return row === undefined ? undefined : fromRow(row)
})

/** Exports whose schedule asks to be looked at. */
export const due = Effect.fnUntraced(function* (now: number) {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql<Row>`SELECT * FROM exports
    WHERE removed_at IS NULL AND paused_at IS NULL AND next_due_at <= ${now} ORDER BY next_due_at`).map(fromRow)
})

export interface Configured {
  readonly name: string
  readonly schedule: string | null
  /** Where the time line of a new export begins; null without a schedule. */
  readonly origin: number | null
}

/**
 * Makes the table say what the configuration says. What is accounted for is kept: a changed schedule goes on from there, and
 * an export that comes back to the configuration catches up.
 */
export const sync = Effect.fnUntraced(function* (configured: ReadonlyArray<Configured>) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* Effect.gen(function* () {
    const known = new Map((yield* all).map((state) => [state.name, state]))
    for (const { name, origin, schedule } of configured) {
      const state = known.get(name)
      known.delete(name)
      if (state === undefined) {
        yield* sql`INSERT INTO exports ${sql.insert({
          name,
          schedule,
          cursor_at: origin,
          next_due_at: schedule === null ? null : 0,
          paused_at: null,
          pause_reason: null,
          created_at: now,
          removed_at: null,
        })} ON CONFLICT (name) DO NOTHING`
        continue
      }
      // Looked at afresh, since the settings may ask for another moment now. The cursor as it is now: a plan may be written meanwhile.
      yield* sql`UPDATE exports SET ${sql.update({
        schedule,
        next_due_at: schedule === null ? null : 0,
        removed_at: null,
      })}, cursor_at = COALESCE(cursor_at, CAST(${origin} AS BIGINT)) WHERE name = ${name}`
      if (state.removedAt !== null) {
        // They were skipped for its absence alone, and the schedule is past them.
        const skipped = yield* sql<Row>`SELECT id FROM runs
          WHERE export = ${name} AND origin = 'schedule' AND state = 'skipped' AND finished_at >= ${state.removedAt}`
        for (const row of skipped) yield* Runs.retry(String(row["id"]))
      }
    }
    for (const { name, removedAt } of known.values()) {
      if (removedAt === null) yield* remove(name)
    }
  }).pipe(exclusively("exports"))
})

/** As when the configuration does not have it any more: nothing is planned. */
export const remove = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE exports SET removed_at = ${now}, next_due_at = NULL WHERE name = ${name} AND removed_at IS NULL`
})

/**
 * Lets an export that was removed begin anew when one of its name is created: nothing that was missed in between is caught up. What
 * is accounted for stays so.
 */
export const restart = Effect.fnUntraced(function* (name: string, origin: number | null) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE exports SET removed_at = NULL, paused_at = NULL, pause_reason = NULL, failing_since = NULL,
      cursor_at = CASE WHEN cursor_at < CAST(${origin} AS BIGINT) THEN ${origin} ELSE cursor_at END
    WHERE name = ${name} AND removed_at IS NOT NULL`
})

export interface Accounted {
  readonly export: string
  readonly destination: string
  readonly runs: ReadonlyArray<Planned>
  readonly skipped: ReadonlyArray<Skipped>
  readonly from: number
  readonly cursor: number
  readonly nextDue: number | null
}

/** Writes a plan: its runs, what it skips, and how far that reaches. Answers false when another runner was faster, or the export is gone. */
export const account = Effect.fnUntraced(function* (plan: Accounted) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  return yield* Effect.gen(function* () {
    const moved = yield* sql<Row>`UPDATE exports SET cursor_at = ${plan.cursor}, next_due_at = ${plan.nextDue}
      WHERE name = ${plan.export} AND cursor_at = ${plan.from} AND removed_at IS NULL RETURNING name`
    if (moved.length === 0) return false
    for (const { dueAt, end, occurrences, start } of plan.runs) {
      const run_id = yield* Runs.insert({
        export: plan.export,
        destination: plan.destination,
        origin: "schedule",
        window: { start, end },
        dueAt,
      })
      yield* occurrence(
        plan.export,
        { start, end },
        { occurrences: occurrences ?? 1, outcome: "run", reason: null, run_id },
        now,
      )
    }
    for (const { end, occurrences, reason, start } of plan.skipped) {
      yield* occurrence(plan.export, { start, end }, { occurrences, outcome: "skipped", reason, run_id: null }, now)
    }
    return true
  }).pipe(sql.withTransaction)
})

const occurrence = Effect.fnUntraced(function* (
  name: string,
  window: { readonly start: number; readonly end: number },
  what: {
    readonly occurrences: number
    readonly outcome: "run" | "skipped"
    readonly reason: string | null
    readonly run_id: string | null
  },
  now: number,
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO occurrences ${sql.insert({
    export: name,
    window_start: window.start,
    window_end: window.end,
    ...what,
    created_at: now,
  })}`
})

/** False when the export is not known or in that state already. */
export const pause = Effect.fnUntraced(function* (name: string, reason: string) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql<Row>`UPDATE exports SET paused_at = ${now}, pause_reason = ${reason}
    WHERE name = ${name} AND paused_at IS NULL RETURNING name`
  return rows.length > 0
})

/** Goes on from where the schedule is accounted for: what was missed is caught up as the settings say. */
export const resume = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`UPDATE exports
    SET paused_at = NULL, pause_reason = NULL, next_due_at = CASE WHEN schedule IS NULL THEN NULL ELSE 0 END
    WHERE name = ${name} AND paused_at IS NOT NULL RETURNING name`
  return rows.length > 0
})

/** Remembers that an export fails, until it works again. */
export const failing = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE exports SET failing_since = ${now} WHERE name = ${name} AND failing_since IS NULL`
})

/** True when it was failing until now. */
export const works = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`UPDATE exports SET failing_since = NULL
    WHERE name = ${name} AND failing_since IS NOT NULL RETURNING name`
  return rows.length > 0
})

export interface Occurrence {
  readonly start: number
  readonly end: number
  readonly occurrences: number
  readonly outcome: "run" | "skipped"
  readonly reason: string | null
  readonly runId: string | null
}

/** How an export's time line is accounted for, in order. */
export const occurrences = Effect.fnUntraced(function* (name: string, from = 0) {
  const sql = yield* SqlClient.SqlClient
  const rows =
    yield* sql<Row>`SELECT * FROM occurrences WHERE export = ${name} AND window_end > ${from} ORDER BY window_start`
  return rows.map((row): Occurrence => ({
    start: Number(row["window_start"]),
    end: Number(row["window_end"]),
    occurrences: Number(row["occurrences"]),
    outcome: String(row["outcome"]) as Occurrence["outcome"],
    reason: row["reason"] === null ? null : String(row["reason"]),
    runId: row["run_id"] === null ? null : String(row["run_id"]),
  }))
})

/** What schedules left out, the newest first. */
export const skipped = Effect.fnUntraced(function* (question: {
  readonly export?: string | undefined
  readonly limit: number
}) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`SELECT * FROM occurrences
    WHERE outcome = 'skipped' AND ${question.export === undefined ? sql`1 = 1` : sql`export = ${question.export}`}
    ORDER BY window_start DESC, export LIMIT ${question.limit}`
  return rows.map((row) => ({
    export: String(row["export"]),
    start: Number(row["window_start"]),
    end: Number(row["window_end"]),
    occurrences: Number(row["occurrences"]),
    reason: String(row["reason"]),
  }))
})
