/** How fast a backfill goes while it goes: it may have stood still for a night, or been resumed after a week. */
import type { Run } from "../store/Run.ts"

/** Milliseconds without a run, after which a backfill stood still. Less than that belongs to going on: waiting for a place, a takeover. */
const STILL = 60_000

export interface Pace {
  readonly runs: number
  readonly rows: number
  /** How long they took together, side by side as they were. */
  readonly millis: number
}

/** Of runs that completed. */
export const pace = (runs: ReadonlyArray<Run>): Pace => {
  const spans = runs.map(lastAttempt).sort((a, b) => a.start - b.start)
  let millis = 0
  let reached = spans[0]?.start ?? 0
  for (const { end, start } of spans) {
    const still = start - reached > STILL
    millis += Math.max(0, end - (still ? start : reached))
    reached = Math.max(reached, end)
  }
  return { runs: runs.length, rows: runs.reduce((sum, { stored }) => sum + (stored?.received ?? 0), 0), millis }
}

/** The attempt that completed: the first one may have begun before the backfill stood still. */
const lastAttempt = ({ finishedAt, startedAt, timings }: Run) => {
  const end = finishedAt ?? 0
  // What was found exported has no timings, and is found soon.
  const took = timings === null ? STILL : timings.open + timings.transfer + timings.commit
  return { start: Math.max(startedAt ?? end, end - took), end }
}
