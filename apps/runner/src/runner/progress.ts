/** How far a backfill is, and how long it will take. */
import { Effect } from "effect"
import * as Backfills from "../store/Backfills.ts"
import { pace } from "./pace.ts"

/** Runs that tell the pace; more where many are under way at once. */
const LATEST = 10

export const progress = Effect.fnUntraced(function* (backfill: Backfills.Backfill) {
  const counts = yield* Backfills.counts(backfill.id)
  const { cursorAt, finishedAt, range, startedAt } = backfill
  const made = counts.completed + counts.failed + counts.cancelled + counts.unfinished
  // Windows that were made and not finished are not done yet; those that the ledger held count with the cursor.
  const waiting =
    made === 0 ? 0 : (counts.unfinished + counts.cancelled + counts.failed) / Math.max(1, backfill.windows)
  const reached = (cursorAt - range.start) / (range.end - range.start)
  const done = backfill.state === "completed" ? 1 : Math.max(0, Math.min(1, reached - waiting))
  const isRunning = backfill.state === "running"
  const { millis, rows, runs } = isRunning
    ? pace(yield* Backfills.latest(backfill.id, Math.max(LATEST, 2 * backfill.concurrency)))
    : {
        runs: counts.completed,
        rows: counts.rows,
        millis: finishedAt === null || startedAt === null ? 0 : finishedAt - startedAt,
      }
  return {
    backfill,
    counts,
    done,
    rowsPerSecond: millis <= 0 ? 0 : (rows * 1000) / millis,
    millisLeft: isRunning && runs > 0 ? Math.round((millis / runs) * backfill.windows * (1 - done)) : null,
  }
})

export type Progress = Effect.Success<ReturnType<typeof progress>>
