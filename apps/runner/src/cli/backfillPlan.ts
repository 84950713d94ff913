/** What a backfill would do: its range within what can be exported, and the windows that it is cut into. */
import { Window } from "@batch-exports/core"
import { Clock, DateTime, Effect, Option, Result, Schema } from "effect"
import type { Export } from "../config/Config.ts"
import * as Backfill from "../runner/backfill.ts"
import * as Schedule from "../schedule/Schedule.ts"
import { Settings } from "../schedule/Settings.ts"
import { reported, usage } from "./failure.ts"
import * as Format from "./format.ts"
import * as Times from "./times.ts"

export interface Planned {
  readonly export: string
  readonly range: Schedule.Span
  readonly step: string
  readonly windows: number
}

export const plan = Effect.fnUntraced(function* (
  definition: Export,
  flags: { readonly range: string; readonly step: Option.Option<string>; readonly json: boolean },
) {
  const schedule = definition.schedule === undefined ? undefined : Schedule.make(definition.schedule)
  const now = yield* Clock.currentTimeMillis
  const text = flags.range.endsWith("/") ? `${flags.range}${new Date(now).toISOString()}` : flags.range
  const parsed = Window.parse(text)
  if (Result.isFailure(parsed)) return yield* usage(`--range: ${parsed.failure}`, flags.json)
  const asked = { start: DateTime.toEpochMillis(parsed.success.start), end: DateTime.toEpochMillis(parsed.success.end) }
  // What has only just arrived is the schedule's; a window that has not ended cannot be exported.
  const settled =
    schedule === undefined ? now - 60_000 : Math.min(now, schedule.calendar.notAfter(now - schedule.settle))
  const model = yield* definition.source.open.pipe(
    Effect.map((source) => source.model),
    Effect.scoped,
    Effect.catch((error) => reported(error, flags.json)),
  )
  const range = { start: asked.start, end: Math.min(asked.end, settled) }
  if (range.start >= range.end)
    return yield* usage("--range: lies in the future, or in the period that is still under way", flags.json)
  const step = Option.getOrElse(flags.step, () =>
    // A part of the time would miss what changed after it: changed things are read as they are now, all at once.
    model.identity._tag === "Upsert" ? "whole" : Backfill.defaultStep(range, schedule),
  )
  if (step !== "whole" && step !== "schedule" && Schema.decodeUnknownOption(Settings)(step)._tag === "None") {
    return yield* usage(
      '--step must be hour, day, week, a number of minutes such as "15 minutes", or whole',
      flags.json,
    )
  }
  if (step === "schedule" && schedule === undefined) {
    return yield* usage(`--step schedule: export "${definition.name}" has no schedule`, flags.json)
  }
  return {
    export: definition.name,
    range,
    step,
    windows: Backfill.countWindows(range, step, schedule),
  } satisfies Planned
})

export const describePlan = ({ range, step, windows }: Planned): string =>
  [
    `range     ${Times.window(range)}`,
    `windows   ${Format.count(windows)}${step === "whole" ? "" : step === "schedule" ? ", as scheduled" : `, each ${step}`}`,
  ].join("\n")

export const asPlan = ({ export: name, range, step, windows }: Planned) => ({
  export: name,
  range: `${Times.iso(range.start)}/${Times.iso(range.end)}`,
  step,
  windows,
})
