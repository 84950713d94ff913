/** What a backfill would do: its range within what can be exported, and the windows that it is cut into. */
import { type Source, Window } from "@batch-exports/core"
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
  /** Where the range was to start, when the source holds nothing of what comes before its start. */
  readonly movedFrom: number | undefined
  /** About how much it is; undefined where the source does not say. */
  readonly holds: Source.Estimate | undefined
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
  const within = { start: asked.start, end: Math.min(asked.end, settled) }
  if (within.start >= within.end)
    return yield* usage("--range: lies in the future, or in the period that is still under way", flags.json)
  const { earliest, holds, model } = yield* look(definition, within).pipe(
    Effect.catch((error) => reported(error, flags.json)),
  )
  const step = Option.getOrElse(flags.step, () =>
    // A part of the time would miss what changed after it: changed things are read as they are now, all at once.
    model.identity._tag === "Upsert" ? "whole" : Backfill.defaultStep(since(earliest, within), schedule),
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
  const range = since(earliest === undefined ? undefined : Backfill.floor(earliest, step, schedule), within)
  return {
    export: definition.name,
    range,
    step,
    windows: Backfill.countWindows(range, step, schedule),
    movedFrom: range.start === within.start ? undefined : within.start,
    holds,
  } satisfies Planned
})

/** A range from then on, where that is later. */
const since = (at: number | undefined, range: Schedule.Span): Schedule.Span =>
  at === undefined ? range : { start: Math.max(range.start, at), end: range.end }

/** What the source says of a range, as far as it can. */
const look = Effect.fnUntraced(function* (definition: Export, range: Schedule.Span) {
  const source = yield* definition.source.open
  const window = new Window.Window({ start: DateTime.makeUnsafe(range.start), end: DateTime.makeUnsafe(range.end) })
  const [earliest, holds] = yield* Effect.all(
    [source.earliest?.(window) ?? Effect.undefined, source.estimate?.(window) ?? Effect.undefined],
    { concurrency: 2 },
  )
  return { model: source.model, holds, earliest: earliest === undefined ? undefined : DateTime.toEpochMillis(earliest) }
}, Effect.scoped)

export const describePlan = ({ holds, movedFrom, range, step, windows }: Planned): string =>
  [
    `range     ${Times.window(range)}`,
    ...(movedFrom === undefined
      ? []
      : [
          `          it starts with the earliest data: the source holds nothing between ${Times.window({ start: movedFrom, end: range.start })}`,
        ]),
    `windows   ${Format.count(windows)}${step === "whole" ? "" : step === "schedule" ? ", as scheduled" : `, each ${step}`}`,
    ...(holds === undefined
      ? []
      : [`holds     about ${Format.plural(holds.rows, "row")}, ${Format.bytes(holds.bytes)} at the source`]),
  ].join("\n")

export const asPlan = ({ export: name, holds, movedFrom, range, step, windows }: Planned) => ({
  export: name,
  range: `${Times.iso(range.start)}/${Times.iso(range.end)}`,
  step,
  windows,
  movedFrom: movedFrom === undefined ? null : Times.iso(movedFrom),
  rows: holds?.rows ?? null,
  bytes: holds?.bytes ?? null,
})
