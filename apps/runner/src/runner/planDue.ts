/** Turns the schedules that are due into runs, and accounts for what they skip. */
import { Window } from "@batch-exports/core"
import { Cause, Clock, DateTime, Effect, Stream } from "effect"
import * as Plan from "../schedule/plan.ts"
import type { Span } from "../schedule/Schedule.ts"
import * as Exports from "../store/Exports.ts"
import * as Runs from "../store/Runs.ts"
import { current, type Definition } from "./Definitions.ts"

export const planDue = Effect.fn("planDue")(function* () {
  const { definitions } = yield* current
  const now = yield* Clock.currentTimeMillis
  yield* Effect.forEach(
    yield* Exports.due(now),
    ({ cursorAt, name }) => {
      const definition = definitions.get(name)
      if (definition?.schedule === undefined || cursorAt === null) return Effect.void
      // What goes wrong with one export, or is slow to answer, is not the others' business.
      return planOne(definition, definition.schedule, cursorAt, now).pipe(
        Effect.catchCauseIf(
          (cause) => !Cause.hasInterrupts(cause),
          (cause) =>
            Effect.logError("planning failed; it is tried again", cause).pipe(Effect.annotateLogs({ export: name })),
        ),
      )
    },
    { concurrency: 16, discard: true },
  )
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
  const isBehind = first.runs.length > 1 || first.skipped.some(({ reason }) => reason === "catch-up limit")
  const plan = isBehind ? yield* catchingUp(definition, situation, first.cursor) : first
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

/** What is read as it is now is read once for all that was missed, however much that is. */
const catchingUp = Effect.fnUntraced(function* (definition: Definition, situation: Plan.Situation, until: number) {
  const [ledger, replaces] = yield* Effect.all(
    [covered(definition, situation.cursor, until), replacesRecords(definition)],
    { concurrency: 2 },
  )
  if (!replaces) return Plan.plan({ ...situation, covered: ledger ?? [] })
  const schedule = { ...situation.schedule, catchUpLimit: Number.MAX_SAFE_INTEGER }
  const plan = Plan.plan({ ...situation, schedule, covered: ledger ?? [] })
  return { ...plan, runs: Plan.joined(plan.runs) }
})

/** Whether the export's records replace older ones. Unknown while the source does not answer: then each window is exported by itself. */
const replacesRecords = (definition: Definition): Effect.Effect<boolean> =>
  definition.export.source.open.pipe(
    Effect.map(({ model }) => model.identity._tag === "Upsert"),
    Effect.scoped,
    Effect.timeout("1 minute"),
    Effect.catch(() => Effect.succeed(false)),
  )

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
