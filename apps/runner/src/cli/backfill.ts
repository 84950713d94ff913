/** `batch-exports backfill`: history, window by window, oldest first. */
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import type { SqlClient, SqlError } from "effect/sql"
import { load } from "../config/load.ts"
import type { Configuration } from "../config/Config.ts"
import { builtIn } from "../plugins.ts"
import type { Place } from "../store/Place.ts"
import * as State from "../store/State.ts"
import { progress } from "../runner/progress.ts"
import * as Backfills from "../store/Backfills.ts"
import { asPlan, describePlan, plan } from "./backfillPlan.ts"
import { asProgress, backfillId, find, follow } from "./backfillProgress.ts"
import { findState } from "./control.ts"
import { type CommandFailed, reported, usage } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"
import { placeOf, remindOfRunner, unusableState, withState } from "./state.ts"
import * as Times from "./times.ts"

const range = Flag.String("range").pipe(
  Flag.withDescription("<start>/<end> of ingestion time; the end may be left out: 2026-01-01T00:00:00Z/"),
)

const wait = Flag.Boolean("wait").pipe(Flag.withDescription("Show its progress until it ends"), Flag.withDefault(false))

const begin = Command.make(
  "start",
  {
    ...Flags.ofExport,
    range,
    step: Flag.String("step").pipe(
      Flag.withDescription(
        'How long its windows are: hour, day, week, a number of minutes, or "whole" (default: as scheduled; days for long ranges)',
      ),
      Flag.optional,
    ),
    concurrency: Flag.Int("concurrency").pipe(
      Flag.withDescription("How many of its windows may be under way at once (default: 1)"),
      Flag.withDefault(1),
    ),
    force: Flag.Boolean("force").pipe(
      Flag.withDescription("Export every window again, whatever the ledger says. Rows of append models come twice."),
      Flag.withDefault(false),
    ),
    estimate: Flag.Boolean("estimate").pipe(Flag.withDescription("Only say what it would do"), Flag.withDefault(false)),
    wait,
  },
  Effect.fn("backfill")(function* (flags) {
    const { configuration, definition } = yield* Flags.findIn(flags)
    if (flags.concurrency < 1) return yield* usage("--concurrency must be at least 1", flags.json)
    const planned = yield* plan(definition, flags)
    if (flags.estimate) return yield* Console.log(flags.json ? JSON.stringify(asPlan(planned)) : describePlan(planned))
    const insert = Effect.gen(function* () {
      yield* findState(definition.name, flags.json)
      const id = yield* Backfills.insert({
        export: definition.name,
        range: planned.range,
        step: planned.step,
        mode: flags.force ? "force" : "once",
        concurrency: flags.concurrency,
        windows: planned.windows,
      })
      if (!flags.json) yield* Console.log(`${describePlan(planned)}\nbackfill  ${id}`)
      return id
    })
    const place = yield* placeOf(flags)
    const isRunning = State.isRunning(place)
    const alone = place._tag === "Folder" && flags.wait && !(yield* isRunning)
    if (alone) return yield* inThisCommand(place, flags.json, configuration, insert)
    yield* Effect.gen(function* () {
      const id = yield* insert
      if (flags.wait) return yield* follow(id, flags.json, isRunning)
      yield* remindOfRunner(flags)
      if (flags.json) yield* Console.log(JSON.stringify({ id, ...asPlan(planned) }))
    }).pipe(withState(flags))
  }),
).pipe(
  Command.withDescription("Export what arrived in a range of time. Windows that are there already are left out."),
  Command.withExamples([
    {
      command: "batch-exports backfill start events --range 2025-01-01T00:00:00Z/2026-01-01T00:00:00Z --wait",
      description: "Export a year, and watch it",
    },
  ]),
)

const list = Command.make(
  "list",
  { data: Flags.data, json: Flags.json },
  Effect.fn("backfills")(function* (flags) {
    yield* Effect.gen(function* () {
      const found = yield* Effect.forEach(yield* Backfills.list(50), progress)
      if (flags.json) return yield* Console.log(JSON.stringify(found.map(asProgress)))
      yield* Console.log(
        found.length === 0
          ? "no backfills"
          : Format.table(
              ["backfill", "export", "range", "state", "done", "rows", "left"],
              found.map((each) => [
                each.backfill.id.slice(0, 8),
                each.backfill.export,
                Times.window(each.backfill.range),
                each.backfill.state,
                `${Math.floor(each.done * 100)} %`,
                Format.count(each.counts.rows),
                each.millisLeft === null ? "" : Times.lengthOf(each.millisLeft),
              ]),
              ["done", "rows", "left"],
            ),
      )
    }).pipe(withState(flags))
  }),
).pipe(Command.withDescription("List backfills and how far they are"))

const watch = Command.make(
  "watch",
  { backfill: backfillId, data: Flags.data, json: Flags.json },
  Effect.fn("watch")(function* (flags) {
    const place = yield* placeOf(flags)
    yield* Effect.flatMap(find(flags.backfill, flags.json), ({ id }) =>
      follow(id, flags.json, State.isRunning(place)),
    ).pipe(withState(flags))
  }),
).pipe(Command.withDescription("Show a backfill's progress until it ends"))

const resume = Command.make(
  "resume",
  { backfill: backfillId, wait, config: Flags.config, data: Flags.data, json: Flags.json },
  Effect.fn("resumeBackfill")(function* (flags) {
    const place = yield* placeOf(flags)
    const isRunning = State.isRunning(place)
    // On a state that others share, one of them may start at any moment.
    const alone = place._tag === "Folder" && flags.wait && !(yield* isRunning)
    const goesOn = Effect.gen(function* () {
      const { id, state } = yield* find(flags.backfill, flags.json)
      // Without a runner, one that has not ended stands still all the same.
      if (!(yield* Backfills.resume(id)) && !(alone && state === "running")) {
        return yield* usage(`backfill ${id.slice(0, 8)} is ${state}`, flags.json)
      }
      if (!flags.json) yield* Console.log(`Backfill ${id.slice(0, 8)} goes on.`)
      return id
    })
    if (alone) {
      const configuration = yield* load(flags.config, builtIn).pipe(
        Effect.catch((error) => reported(error, flags.json)),
      )
      // Without a state there is nothing to resume: none is made.
      yield* Effect.void.pipe(withState(flags))
      return yield* inThisCommand(place, flags.json, configuration, goesOn)
    }
    yield* Effect.gen(function* () {
      const id = yield* goesOn
      if (flags.wait) return yield* follow(id, flags.json, isRunning)
      yield* remindOfRunner(flags)
      if (flags.json) yield* Console.log(JSON.stringify({ id, state: "running" }))
    }).pipe(withState(flags))
  }),
).pipe(Command.withDescription("Let a backfill that failed or was cancelled go on where it ended"))

/** The runner is large: it is loaded where it is needed. */
const inThisCommand = Effect.fnUntraced(function* (
  place: Place,
  json: boolean,
  configuration: Configuration,
  backfill: Effect.Effect<string, CommandFailed | SqlError.SqlError, SqlClient.SqlClient>,
) {
  const { here } = yield* Effect.promise(() => import("./backfillHere.ts"))
  yield* here({ configuration, place, json }, backfill).pipe(unusableState(place, json))
})

export const backfill = Command.make("backfill").pipe(
  Command.withDescription("Export history: start, list, watch, resume (and batch-exports cancel <id>)"),
  Command.withSubcommands([begin, list, watch, resume]),
)
