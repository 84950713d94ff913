/** Turns the schedules that are due into runs, and accounts for what they skip. */
import { Window } from "@batch-exports/core"
import { Clock, DateTime, Effect, Stream } from "effect"
import * as Plan from "../schedule/plan.ts"
import type { Span } from "../schedule/Schedule.ts"
import * as Exports from "../store/Exports.ts"
import * as Runs from "../store/Runs.ts"
import { current, type Definition } from "./Definitions.ts"

export const planDue = Effect.fn("planDue")(function* () {
  const { definitions } = yield* current
  const now = yield* Clock.currentTimeMillis
  for (const state of yield* Exports.due(now)) {
    const definition = definitions.get(state.name)
    if (definition?.schedule === undefined || state.cursorAt === null) continue
    yield* planOne(definition, definition.schedule, state.cursorAt, now)
  }
})

const planOne = Effect.fnUntraced(function* (
  definition: Definition,
  schedule: NonNullable<Definition["schedule"]>,
  from: number,
  now: number,
) {
  const { destinationName, name } = definition.export
  const situation = {
    exportName: name,
    schedule,
    cursor: from,
    now,
    unfinished: schedule.overlap === "skip" ? yield* Runs.unfinished(name) : 0,
    covered: [],
  }
  const first = Plan.plan(situation)
  // A single window looks into the ledger itself; only a longer way behind is it worth to ask before.
  const plan =
    first.runs.length < 2
      ? first
      : Plan.plan({ ...situation, covered: (yield* covered(definition, from, first.cursor)) ?? [] })
  const written = yield* Exports.account({
    export: name,
    destination: destinationName,
    runs: plan.runs,
    skipped: plan.skipped,
    from,
    cursor: plan.cursor,
    nextDue: plan.nextDue ?? null,
  })
  if (!written) return
  for (const { end, occurrences, reason, start } of plan.skipped) {
    yield* Effect.logWarning(`skipped ${occurrences} of the schedule (${reason}): ${format(start, end)}`).pipe(
      Effect.annotateLogs({ export: name }),
    )
  }
  if (plan.runs.length > 1) {
    yield* Effect.logInfo(`catching up on ${plan.runs.length} windows`).pipe(Effect.annotateLogs({ export: name }))
  }
})

const format = (start: number, end: number): string =>
  Window.format(new Window.Window({ start: DateTime.makeUnsafe(start), end: DateTime.makeUnsafe(end) }))

/** What the ledger holds between two instants; undefined when it cannot be read now. */
export const covered = (
  definition: Definition,
  start: number,
  end: number,
): Effect.Effect<ReadonlyArray<Span> | undefined> =>
  definition.export.destination.ledger(definition.export.name).pipe(
    Stream.map(({ window }) => ({
      start: DateTime.toEpochMillis(window.start),
      end: DateTime.toEpochMillis(window.end),
    })),
    Stream.filter((span) => span.end > start && span.start < end),
    Stream.runCollect,
    Effect.timeout("1 minute"),
    Effect.catch(() =>
      Effect.as(
        Effect.logWarning("the ledger could not be read; each run will look for itself").pipe(
          Effect.annotateLogs({ export: definition.export.name }),
        ),
        undefined,
      ),
    ),
  )
