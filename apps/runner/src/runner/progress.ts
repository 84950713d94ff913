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
  const elapsed = startedAt === null ? 0 : (backfill.finishedAt ?? now) - startedAt
  return {
    backfill,
    counts,
    done,
    rowsPerSecond: elapsed <= 0 ? 0 : (counts.rows * 1000) / elapsed,
    millisLeft: backfill.state !== "running" || done < 0.01 || elapsed <= 0 ? null : (elapsed / done) * (1 - done),
  }
})

export type Progress = Effect.Success<ReturnType<typeof progress>>
