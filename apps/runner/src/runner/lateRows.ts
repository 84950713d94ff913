/**
 * Counts each exported window again at the source, twice: some time after its export, when most of what is late has come, and a day
 * after it. Rows that came late are said in the log and shown as a figure; a person decides whether `repair` brings them.
 */
import { Window } from "@batch-exports/core"
import { Clock, DateTime, Duration, Effect } from "effect"
import { lacking, type Recount } from "../verify/verdict.ts"
import { verify } from "../verify/verify.ts"
import { current, type Definition } from "./Definitions.ts"
import * as Metrics from "./metrics.ts"

const HOUR = Duration.toMillis("1 hour")
const DAY = Duration.toMillis("1 day")

/** How often windows are looked for. Each is met once at each age. */
export const PAUSE = HOUR

/** How long ago a window was exported: from, and to. */
export interface Age {
  readonly least: number
  readonly most: number
}

const AGES: ReadonlyArray<Age> = [HOUR, 23 * HOUR].map((least) => ({ least, most: least + PAUSE }))

/** Makes the round that is repeated. */
export const countingLate = Effect.sync(() => {
  const found = new Map<string, Map<string, { readonly rows: number; readonly at: number }>>()
  return Effect.fn("countLateRows")(function* (ages: ReadonlyArray<Age> = AGES) {
    const { definitions, runner } = yield* current
    if (!runner.recount) return
    const now = yield* Clock.currentTimeMillis
    for (const definition of definitions.values()) {
      const { name } = definition.export
      const counted = yield* recount(definition, now, ages)
      if (counted === undefined) continue
      const known = found.get(name) ?? new Map()
      for (const each of counted) known.set(Window.format(each.window), { rows: lacking(each), at: now })
      for (const [window, { at, rows }] of known) if (rows === 0 || at < now - DAY) known.delete(window)
      found.set(name, known)
      yield* Metrics.lateRows(
        name,
        [...known.values()].reduce((sum, { rows }) => sum + rows, 0),
      )
      yield* tell(name, counted)
    }
  })
})

/** Undefined where numbers say nothing about an export, or could not be had now. */
const recount = (
  definition: Definition,
  now: number,
  ages: ReadonlyArray<Age>,
): Effect.Effect<ReadonlyArray<Recount> | undefined> =>
  Effect.gen(function* () {
    const { destination, source } = definition.export
    if (destination.plugin.capabilities.ledger !== "transactional") return undefined
    const opened = yield* source.open
    if (opened.count === undefined || opened.endless === true) return undefined
    return yield* verify({
      export: definition.export,
      source: opened,
      // By the time of the export, whenever the window was: a backfill has late rows as well.
      range: new Window.Window({ start: DateTime.makeUnsafe(0), end: DateTime.makeUnsafe(now) }),
      only: ({ committedAt }) => ages.some((age) => isOf(age, now - DateTime.toEpochMillis(committedAt))),
    })
  }).pipe(
    Effect.scoped,
    Effect.catch((error) =>
      Effect.as(
        Effect.logWarning(`exported windows could not be counted again: ${error.message}`).pipe(
          Effect.annotateLogs({ export: definition.export.name }),
        ),
        undefined,
      ),
    ),
  )

const isOf = ({ least, most }: Age, age: number): boolean => age >= least && age < most

const tell = Effect.fnUntraced(function* (name: string, counted: ReadonlyArray<Recount>) {
  const late = counted.filter((each) => lacking(each) > 0)
  const [first, last] = [late[0], late.at(-1)]
  if (first === undefined || last === undefined) return
  const rows = late.reduce((sum, each) => sum + lacking(each), 0)
  const range = `--from ${DateTime.formatIso(first.window.start)} --to ${DateTime.formatIso(last.window.end)}`
  yield* Effect.logWarning(
    `${rows} rows came after their window was exported. To bring them: batch-exports repair ${name} ${range}`,
  ).pipe(Effect.annotateLogs({ export: name }))
})
