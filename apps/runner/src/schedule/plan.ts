/**
 * What a schedule asks for at a moment: which windows to export now, which are skipped and why, and when to look again.
 * Pure. Between one cursor and the next every occurrence is in exactly one of the answers.
 */
import * as Schedule from "./Schedule.ts"

type Span = Schedule.Span

/** Why no run was made for a part of the time line. */
export type SkipReason = "catch-up" | "catch-up limit" | "overlap" | "paused" | "already exported"

export interface Skipped extends Span {
  readonly reason: SkipReason
  readonly occurrences: number
}

export interface Planned extends Span {
  readonly dueAt: number
  /** How many periods of the schedule it spans; 1 unless given. */
  readonly occurrences?: number
}

export interface Plan {
  readonly runs: ReadonlyArray<Planned>
  /** In order; neighbours with one reason are one entry. */
  readonly skipped: ReadonlyArray<Skipped>
  /** Everything before it is accounted for. */
  readonly cursor: number
  /** When the next occurrence is due; undefined when the schedule has ended. */
  readonly nextDue: number | undefined
  /** More is due than one plan holds: plan again at once. */
  readonly more: boolean
}

export interface Situation {
  readonly exportName: string
  readonly schedule: Schedule.Schedule
  readonly cursor: number
  readonly now: number
  /** Runs of this export that are waiting or under way. */
  readonly unfinished: number
  /** What the destination's ledger holds, in order of start. */
  readonly covered: ReadonlyArray<Span>
  /** How many occurrences one plan looks at. */
  readonly batch?: number
}

const BATCH = 5_000

export const plan = (situation: Situation): Plan => {
  const { exportName, now, schedule } = situation
  const allowed = schedule.catchUp === "latest" ? 1 : schedule.catchUpLimit
  // More than is allowed, so that every plan decides something.
  const batch = Math.max(situation.batch ?? BATCH, allowed + 1)
  const due: Array<Planned> = []
  let following = Schedule.next(schedule, situation.cursor)
  while (following !== undefined && due.length < batch) {
    const dueAt = Schedule.dueAt(schedule, exportName, following.end)
    if (dueAt > now) break
    due.push({ ...following, dueAt })
    following = Schedule.next(schedule, following.end)
  }
  const nextDue = following === undefined ? undefined : Schedule.dueAt(schedule, exportName, following.end)
  const more = nextDue !== undefined && nextDue <= now
  // While more is due than was looked at, only what is too old for certain is decided.
  const tooOld = Math.max(0, due.length - allowed)
  const decided = more ? due.slice(0, tooOld) : due
  return {
    ...judge(situation, decided, tooOld),
    cursor: decided.at(-1)?.end ?? situation.cursor,
    nextDue,
    more,
  }
}

const judge = (
  { covered, schedule, unfinished }: Situation,
  decided: ReadonlyArray<Planned>,
  tooOld: number,
): Pick<Plan, "runs" | "skipped"> => {
  const runs: Array<Planned> = []
  const skipped: Array<Skipped> = []
  const isCovered = coverage(covered)
  let occupied = unfinished
  for (const [index, occurrence] of decided.entries()) {
    if (isCovered(occurrence)) append(skipped, occurrence, "already exported")
    else if (index < tooOld) append(skipped, occurrence, schedule.catchUp === "latest" ? "catch-up" : "catch-up limit")
    else if (schedule.overlap === "skip" && occupied >= schedule.concurrency) append(skipped, occurrence, "overlap")
    else {
      runs.push(occurrence)
      occupied += 1
    }
  }
  return { runs, skipped }
}

const append = (skipped: Array<Skipped>, { end, start }: Span, reason: SkipReason): void => {
  const last = skipped.at(-1)
  if (last !== undefined && last.reason === reason && last.end === start) {
    skipped[skipped.length - 1] = { ...last, end, occurrences: last.occurrences + 1 }
  } else skipped.push({ start, end, reason, occurrences: 1 })
}

/**
 * Runs that follow on one another as one. Where things are read as they are now, each of many windows over the past would
 * read the same things again.
 */
export const joined = (runs: ReadonlyArray<Planned>): ReadonlyArray<Planned> => {
  const spans: Array<Planned> = []
  for (const run of runs) {
    const last = spans.at(-1)
    if (last === undefined || last.end !== run.start) spans.push(run)
    else {
      const occurrences = (last.occurrences ?? 1) + (run.occurrences ?? 1)
      spans[spans.length - 1] = { start: last.start, end: run.end, dueAt: Math.max(last.dueAt, run.dueAt), occurrences }
    }
  }
  return spans
}

/** Whether the ledger holds all of a span. Asked in order of start, so that long ledgers are walked once. */
export const coverage = (covered: ReadonlyArray<Span>) => {
  const merged = merge(covered)
  let index = 0
  return ({ end, start }: Span): boolean => {
    while ((merged[index]?.end ?? Infinity) <= start) index += 1
    const candidate = merged[index]
    return candidate !== undefined && candidate.start <= start && end <= candidate.end
  }
}

/** Neighbouring and overlapping spans as one; the order of the input does not matter. */
export const merge = (spans: ReadonlyArray<Span>): ReadonlyArray<Span> => {
  const merged: Array<{ start: number; end: number }> = []
  for (const { end, start } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  return merged
}

/**
 * Leaves out what a pause held back: everything that has ended by now is skipped, and the period under way is exported
 * whole. Without this, a resumed export catches up as after a time without a runner.
 */
export const withoutGap = (
  schedule: Schedule.Schedule,
  cursor: number,
  now: number,
): Pick<Plan, "skipped" | "cursor"> => {
  const skipped: Array<Skipped> = []
  let reached = cursor
  for (let step = Schedule.next(schedule, reached); step !== undefined && step.end <= now;) {
    append(skipped, step, "paused")
    reached = step.end
    step = Schedule.next(schedule, reached)
  }
  return { skipped, cursor: reached }
}
