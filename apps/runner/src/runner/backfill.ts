/** Cuts a range into windows and makes their runs, oldest first, a few at a time, so that progress and cancelling stay cheap. */
import { Cache, Effect } from "effect"
import { nominal } from "../schedule/Settings.ts"
import * as Plan from "../schedule/plan.ts"
import * as Schedule from "../schedule/Schedule.ts"
import * as Backfills from "../store/Backfills.ts"
import { found } from "./Catalogue.ts"
import { current, type Definition } from "./Definitions.ts"
import { covered } from "./planDue.ts"

/** Windows that are made ahead of those under way. */
const AHEAD = 2

/** Ledgers are looked at anew now and then; in between, each run looks for itself. */
const ledgers = Effect.gen(function* () {
  return yield* Cache.make({
    capacity: 64,
    timeToLive: "1 minute",
    lookup: Effect.fnUntraced(function* (id: string) {
      const backfill = (yield* Backfills.byPrefix(id))[0]
      const definition = (yield* current).definitions.get(backfill?.export ?? "")
      if (backfill === undefined || definition === undefined || backfill.mode !== "once") return []
      return (yield* covered(definition, backfill.cursorAt, backfill.range.end)) ?? []
    }),
  })
})

/** Makes the step that is repeated. */
export const backfilling = Effect.gen(function* () {
  const cache = yield* ledgers
  return Effect.gen(function* () {
    for (const backfill of yield* Backfills.unfinished) {
      const definition = yield* found(backfill.export)
      if (definition === undefined) {
        yield* Backfills.finish(
          backfill.id,
          "failed",
          `export "${backfill.export}" is not in the configuration any more`,
        )
      } else yield* advance(backfill, definition, Cache.get(cache, backfill.id))
    }
  })
})

const advance = Effect.fnUntraced(function* <E, R>(
  backfill: Backfills.Backfill,
  definition: Definition,
  ledger: Effect.Effect<ReadonlyArray<Schedule.Span>, E, R>,
) {
  const { cancelled, failed, unfinished } = yield* Backfills.counts(backfill.id)
  if (failed > 0) {
    // Oldest first: what comes after a failed window would hide it.
    if (unfinished === 0)
      yield* Backfills.finish(backfill.id, "failed", "a run failed: batch-exports runs --state failed")
    return
  }
  if (backfill.cursorAt >= backfill.range.end) {
    if (unfinished > 0) return
    // Its window is missing, so it is not complete; `resume` exports it.
    yield* cancelled > 0
      ? Backfills.finish(backfill.id, "failed", "a run was cancelled: batch-exports backfill resume exports its window")
      : Backfills.finish(backfill.id, "completed")
    return
  }
  const room = backfill.concurrency + AHEAD - unfinished
  if (room <= 0) return
  const { cursor, windows } = nextWindows(backfill, definition.schedule, yield* ledger, room)
  yield* Backfills.advance(backfill, { destination: definition.export.destinationName, windows, cursor })
})

/**
 * The next windows that the ledger does not hold. Where the ledger holds all to the end of the range, none; the runs' own look
 * into the ledger keeps what is exported meanwhile from being doubled.
 */
export const nextWindows = (
  backfill: Pick<Backfills.Backfill, "cursorAt" | "range" | "step">,
  schedule: Schedule.Schedule | undefined,
  ledger: ReadonlyArray<Schedule.Span>,
  room: number,
): { readonly windows: ReadonlyArray<Schedule.Span>; readonly cursor: number } => {
  const held = Plan.coverage(ledger)
  const windows: Array<Schedule.Span> = []
  let cursor = backfill.cursorAt
  for (const window of cut({ start: cursor, end: backfill.range.end }, backfill.step, schedule)) {
    if (windows.length >= room) break
    cursor = window.end
    if (!held(window)) windows.push(window)
  }
  return { windows, cursor }
}

/** A range in steps of a calendar; the first and the last may be shorter. */
export const cut = function* (
  range: Schedule.Span,
  step: string,
  schedule: Schedule.Schedule | undefined,
): Generator<Schedule.Span> {
  const stepping = calendar(step, schedule)
  let start = range.start
  while (start < range.end) {
    const boundary = stepping?.after(start) ?? range.end
    const end = Math.min(boundary, range.end)
    yield { start, end }
    start = end
  }
}

const calendar = (step: string, schedule: Schedule.Schedule | undefined) =>
  step === "whole"
    ? undefined
    : step === "schedule"
      ? schedule?.calendar
      : Schedule.make(step === "hour" || step === "day" || step === "week" ? step : { every: step }).calendar

/** The start of the window of such steps that holds an instant. */
export const floor = (at: number, step: string, schedule: Schedule.Schedule | undefined): number =>
  calendar(step, schedule)?.notAfter(at) ?? at

/** The export's own windows, or days where that would be more than a day can sensibly be cut into. */
export const defaultStep = (range: Schedule.Span, schedule: Schedule.Schedule | undefined): string => {
  if (schedule === undefined) return "day"
  const inDays = (range.end - range.start) / nominal("day")
  let windows = 0
  for (const _ of cut(range, "schedule", schedule)) {
    windows += 1
    if (windows > 1_000 && windows > inDays) return "day"
  }
  return "schedule"
}

export const countWindows = (range: Schedule.Span, step: string, schedule: Schedule.Schedule | undefined): number => {
  let windows = 0
  for (const _ of cut(range, step, schedule)) windows += 1
  return windows
}
