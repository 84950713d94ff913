/**
 * Counts each exported window again at the source, twice: some time after its export, when most of what is late has come, and a day
 * after it. Rows that came late are said in the log and shown as a figure; a person decides whether `repair` brings them.
 */
import { shellWord, Window } from "@batch-exports/core"
import { Clock, DateTime, Duration, Effect } from "effect"
import { lacking, type Recount } from "../verify/verdict.ts"
import { verify } from "../verify/verify.ts"
import { current, type Definition } from "./Definitions.ts"
import * as Metrics from "./metrics.ts"

const HOUR = Duration.toMillis("1 hour")
const DAY = Duration.toMillis("1 day")

export const PAUSE = HOUR

/** How long ago a window was exported when it is counted. */
const AGES: ReadonlyArray<number> = [HOUR, 23 * HOUR]

/** A runner that has just started counts the windows of this long: what its predecessor has counted last, it cannot know. */
const FIRST = 2 * HOUR

/**
 * Makes the round that is repeated. Each takes what has reached an age since the last one of that export that succeeded, however
 * long that took and however long ago it was: a window is met once at each age.
 */
export const countingLate = (ages = AGES, first = FIRST) =>
  Effect.sync(() => {
    const found = new Map<string, Map<string, { readonly rows: number; readonly at: number }>>()
    const counted = new Map<string, number>()
    return Effect.fn("countLateRows")(function* () {
      const { definitions, runner } = yield* current
      if (!runner.recount) return
      for (const definition of definitions.values()) {
        const { name } = definition.export
        const now = yield* Clock.currentTimeMillis
        const since = counted.get(name) ?? now - first
        const recounts = yield* recount(definition, now, (exported) => isDue(exported, { since, now }, ages))
        if (recounts === undefined) continue
        counted.set(name, now)
        const known = found.get(name) ?? new Map()
        for (const each of recounts) known.set(Window.format(each.window), { rows: lacking(each), at: now })
        for (const [window, { at, rows }] of known) if (rows === 0 || at < now - DAY) known.delete(window)
        found.set(name, known)
        yield* Metrics.lateRows(
          name,
          [...known.values()].reduce((sum, { rows }) => sum + rows, 0),
        )
        yield* tell(name, recounts)
      }
    })
  })

/** Whether what was exported then has reached one of the ages between two instants. */
export const isDue = (
  exported: number,
  { now, since }: { readonly since: number; readonly now: number },
  ages: ReadonlyArray<number> = AGES,
): boolean => ages.some((age) => exported + age > since && exported + age <= now)

/** Undefined where numbers say nothing about an export, or could not be had now. */
const recount = (
  definition: Definition,
  now: number,
  due: (exported: number) => boolean,
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
      only: ({ committedAt }) => due(DateTime.toEpochMillis(committedAt)),
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

const tell = Effect.fnUntraced(function* (name: string, counted: ReadonlyArray<Recount>) {
  const late = counted.filter((each) => lacking(each) > 0)
  const [first, last] = [late[0], late.at(-1)]
  if (first === undefined || last === undefined) return
  const rows = late.reduce((sum, each) => sum + lacking(each), 0)
  const range = `--from ${DateTime.formatIso(first.window.start)} --to ${DateTime.formatIso(last.window.end)}`
  yield* Effect.logWarning(
    `${rows} rows came after their window was exported. To bring them: batch-exports repair ${shellWord(name)} ${range}`,
  ).pipe(Effect.annotateLogs({ export: name }))
})
