/** What a backfill that is asked for would do: its range within what can be exported, and the windows that it is cut into. */
import { Window } from "@batch-exports/core"
import { Clock, DateTime, Effect, Option, Result, Schema } from "effect"
import * as Backfill from "../../runner/backfill.ts"
import type { Definition } from "../../runner/Definitions.ts"
import { Settings } from "../../schedule/Settings.ts"
import { Invalid } from "../api/problems.ts"

export interface Asked {
  readonly start: string
  readonly end?: string
  readonly step?: string
}

const refuse = (key: "start" | "end" | "step", message: string) =>
  new Invalid({ message, fields: [{ pointer: `/${key}`, message }] })

const patience = "20 seconds"

export const backfillRange = Effect.fnUntraced(function* ({ export: { source }, schedule }: Definition, asked: Asked) {
  const now = yield* Clock.currentTimeMillis
  const parsed = Window.parse(`${asked.start}/${asked.end ?? new Date(now).toISOString()}`)
  if (Result.isFailure(parsed)) return yield* refuse(asked.end === undefined ? "start" : "end", parsed.failure)
  const [start, end] = [parsed.success.start, parsed.success.end].map(DateTime.toEpochMillis) as [number, number]
  // What has only just arrived is the schedule's; a window that has not ended cannot be exported.
  const settled =
    schedule === undefined ? now - 60_000 : Math.min(now, schedule.calendar.notAfter(now - schedule.settle))
  const range = { start, end: Math.min(end, settled) }
  if (range.start >= range.end) {
    return yield* refuse("start", "lies in the future, or in the period that is still under way")
  }
  const window = new Window.Window({ start: DateTime.makeUnsafe(range.start), end: DateTime.makeUnsafe(range.end) })
  // Without an answer, windows are cut all the same: each run will say what is wrong.
  const seen = yield* Effect.gen(function* () {
    const opened = yield* source.open
    const estimate = opened.estimate === undefined ? undefined : yield* opened.estimate(window)
    return { upsert: opened.model.identity._tag === "Upsert", rows: estimate?.rows ?? null }
  }).pipe(Effect.scoped, Effect.timeout(patience), Effect.option)
  const upsert = Option.isSome(seen) && seen.value.upsert
  // A part of the time would miss what changed after it: changed things are read as they are now, all at once.
  const step = asked.step ?? (upsert ? "whole" : Backfill.defaultStep(range, schedule))
  if (step !== "whole" && step !== "schedule" && Schema.decodeUnknownOption(Settings)(step)._tag === "None") {
    return yield* refuse(
      "step",
      'must be hour, day, week, a number of minutes such as "15 minutes", schedule, or whole',
    )
  }
  if (step === "schedule" && schedule === undefined) return yield* refuse("step", "the export has no schedule")
  return {
    range,
    step,
    windows: Backfill.countWindows(range, step, schedule),
    rows: Option.isSome(seen) ? seen.value.rows : null,
  }
})
