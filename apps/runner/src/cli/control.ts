/** `batch-exports pause · resume · retry · cancel`: what a person changes about exports and runs. */
import { nearest, shellWord } from "@batch-exports/core"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { load } from "../config/load.ts"
import { builtIn } from "../plugins.ts"
import { skipGap } from "../runner/skipGap.ts"
import * as Schedule from "../schedule/Schedule.ts"
import * as Backfills from "../store/Backfills.ts"
import * as Exports from "../store/Exports.ts"
import { isFinished } from "../store/Run.ts"
import * as Runs from "../store/Runs.ts"
import * as StoredExports from "../store/StoredExports.ts"
import { reported, usage } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"
import { findRun } from "./runs.ts"
import { remindOfRunner, withState } from "./state.ts"

const say = (json: boolean, data: object, text: string) => Console.log(json ? JSON.stringify(data) : text)

/** The export of that name that the state knows; otherwise, one clear error. */
export const findState = Effect.fnUntraced(function* (name: string, json: boolean) {
  const state = yield* Exports.get(name)
  if (state !== undefined) return state
  const names = (yield* Exports.all).map((each) => each.name)
  const near = nearest(name, names)
  const there = names.length === 0 ? "it knows none" : `it knows ${names.join(", ")}`
  return yield* usage(
    `the runner does not know an export "${name}"; ${near === undefined ? there : `did you mean "${near}"?`}`,
    json,
  )
})

export const pause = Command.make(
  "pause",
  {
    export: Flags.exportName,
    note: Flag.String("note").pipe(Flag.withDescription("Why, for others to read"), Flag.withDefault("paused by hand")),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("pause")(function* (flags) {
    yield* Effect.gen(function* () {
      const { name } = yield* findState(flags.export, flags.json)
      const changed = yield* Exports.pause(name, flags.note)
      yield* say(
        flags.json,
        { export: name, state: "paused", changed },
        changed ? `${name} is paused. Runs under way finish; no more are begun.` : `${name} was paused already.`,
      )
    }).pipe(withState(flags))
  }),
).pipe(Command.withDescription("Hold back the schedule of an export"))

export const resume = Command.make(
  "resume",
  {
    ...Flags.ofExport,
    skipGap: Flag.Boolean("skip-gap").pipe(
      Flag.withDescription("Skip what the schedule missed meanwhile, instead of catching up"),
      Flag.withDefault(false),
    ),
    retryFailed: Flag.Boolean("retry-failed").pipe(
      Flag.withDescription("Also retry the runs of the export that failed"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn("resume")(function* (flags) {
    yield* Effect.gen(function* () {
      const state = yield* findState(flags.export, flags.json)
      // Without a pause there is no gap: what has ended is about to be exported.
      if (flags.skipGap && state.pausedAt !== null && state.cursorAt !== null) {
        yield* skipGap(state.name, yield* scheduleOf(state.name, flags.config, flags.json), state.cursorAt)
      }
      const failures = flags.retryFailed
        ? yield* Runs.list({ export: state.name, states: ["failed"], limit: 100_000 })
        : []
      yield* Effect.forEach(failures, (run) => Runs.retry(run.id))
      const changed = yield* Exports.resume(state.name)
      yield* say(
        flags.json,
        { export: state.name, state: "active", changed, retried: failures.length },
        [
          changed ? `${state.name} goes on.` : `${state.name} was not paused.`,
          ...(failures.length === 0 ? [] : [`Tried again: ${Format.plural(failures.length, "failed run")}.`]),
        ].join(" "),
      )
      yield* remindOfRunner(flags)
    }).pipe(withState(flags))
  }),
).pipe(Command.withDescription("Let the schedule of an export go on; what it missed is caught up"))

/** Of an export in the file, failing that of one that was defined over the API, whose secrets are not needed for it. */
const scheduleOf = Effect.fnUntraced(function* (name: string, file: string, json: boolean) {
  const { exports, vocabulary } = yield* load(file, builtIn).pipe(Effect.catch((error) => reported(error, json)))
  const written = exports.get(name)
  const stored = written === undefined ? yield* StoredExports.get(name) : undefined
  const settings = written?.schedule ?? vocabulary.resolve(stored?.definition)?.schedule
  if (settings !== undefined && settings !== null) return Schedule.make(settings)
  return yield* usage(`export "${name}" has no schedule${stored === undefined ? ` in ${file}` : ""}`, json)
})

export const runId = Argument.String("run").pipe(Argument.withDescription("A run's id, or how it begins"))

export const retry = Command.make(
  "retry",
  {
    run: runId,
    force: Flag.Boolean("force").pipe(
      Flag.withDescription("Export the window again, whatever the ledger says. Rows of append models come twice."),
      Flag.withDefault(false),
    ),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("retry")(function* (flags) {
    yield* Effect.gen(function* () {
      const run = yield* findRun(flags.run, flags.json)
      if (!(yield* Runs.retry(run.id, flags.force ? "force" : undefined, flags.force))) {
        return yield* usage(`run ${run.id.slice(0, 8)} is ${run.state}: only a finished run can be retried`, flags.json)
      }
      yield* say(flags.json, { run: run.id, state: "scheduled" }, `Run ${run.id.slice(0, 8)} is tried again.`)
      const state = yield* Exports.get(run.export)
      if (run.backfillId === null && typeof state?.pausedAt === "number") {
        yield* Console.error(`${run.export} is paused: this waits for batch-exports resume ${shellWord(run.export)}`)
      }
      yield* remindOfRunner(flags)
    }).pipe(withState(flags))
  }),
).pipe(Command.withDescription("Try a finished run again. What the ledger holds is not exported twice."))

export const cancel = Command.make(
  "cancel",
  {
    run: runId.pipe(Argument.withDescription("The id of a run or a backfill, or how it begins")),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cancel")(function* (flags) {
    yield* Effect.gen(function* () {
      const [backfill, other] = yield* Backfills.byPrefix(flags.run)
      if (backfill !== undefined && other === undefined) {
        const underWay = yield* Backfills.cancel(backfill.id)
        const changed = underWay !== undefined
        yield* say(
          flags.json,
          { backfill: backfill.id, state: changed ? "cancelled" : backfill.state, changed, underWay: underWay ?? 0 },
          changed
            ? `Backfill ${backfill.id.slice(0, 8)} is cancelled. What it exported stays.${underWay === 0 ? "" : ` ${Format.plural(underWay, "run")} under way will be rolled back.`}`
            : `Backfill ${backfill.id.slice(0, 8)} had ended: ${backfill.state}.`,
        )
        if (changed && underWay > 0) yield* remindOfRunner(flags)
        return
      }
      const run = yield* findRun(flags.run, flags.json)
      if (isFinished(run.state)) {
        return yield* usage(`run ${run.id.slice(0, 8)} has ended: ${run.state}`, flags.json)
      }
      const cancelled = yield* Runs.requestCancel(run.id)
      yield* say(
        flags.json,
        { run: run.id, state: cancelled ? "cancelled" : run.state, cancelRequested: !cancelled },
        cancelled
          ? `Run ${run.id.slice(0, 8)} is cancelled.`
          : `Run ${run.id.slice(0, 8)} is asked to end. Nothing of it is published, unless it is committing already.`,
      )
      if (!cancelled) yield* remindOfRunner(flags)
    }).pipe(withState(flags))
  }),
).pipe(Command.withDescription("End a run or a backfill. Rolls back what is under way."))
