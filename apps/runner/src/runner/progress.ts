/** How far a backfill is, and how long it will take. */
import { Clock, Effect } from "effect"
import * as Backfills from "../store/Backfills.ts"

export const progress = Effect.fnUntraced(function* (backfill: Backfills.Backfill) {
  const counts = yield* Backfills.counts(backfill.id)
  const now = yield* Clock.currentTimeMillis
  const { cursorAt, range, startedAt } = backfill
  const made = counts.completed + counts.failed + counts.cancelled + counts.unfinished
  // Windows that were made and not finished are not done yet; those that the ledger held count with the cursor.
  const waiting =
    made === 0 ? 0 : (counts.unfinished + counts.cancelled + counts.failed) / Math.max(1, backfill.windows)
  const reached = (cursorAt - range.start) / (range.end - range.start)
  const done = backfill.state === "completed" ? 1 : Math.max(0, Math.min(1, reached - waiting))
  // As it goes now: a backfill may have stood still for a night, or been resumed after a week.
  const pace =
    backfill.state === "running"
      ? yield* Backfills.latest(backfill.id)
      : { runs: counts.completed, rows: counts.rows, since: startedAt }
  const elapsed = pace.since === null ? 0 : (backfill.finishedAt ?? now) - pace.since
  const isKnown = backfill.state === "running" && pace.runs > 0
  return {
    backfill,
    counts,
    done,
    rowsPerSecond: elapsed <= 0 ? 0 : (pace.rows * 1000) / elapsed,
    millisLeft: isKnown ? (elapsed / pace.runs) * backfill.windows * (1 - done) : null,
  }
})

export type Progress = Effect.Success<ReturnType<typeof progress>>
