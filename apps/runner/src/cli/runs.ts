/** `batch-exports runs` and `runs <id>`: what ran, and everything about one of them. */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { Run, State } from "../store/Run.ts"
import * as Runs from "../store/Runs.ts"
import { find } from "./backfillProgress.ts"
import { usage } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"
import { skipped } from "./skipped.ts"
import { withState } from "./state.ts"
import * as Times from "./times.ts"

const states: ReadonlyArray<State> = ["scheduled", "starting", "running", "completed", "failed", "cancelled", "skipped"]

export const runs = Command.make(
  "runs",
  {
    run: Argument.String("run").pipe(Argument.withDescription("A run's id, or how it begins"), Argument.optional),
    export: Flag.String("export").pipe(Flag.withDescription("Only of this export"), Flag.optional),
    state: Flag.Literals("state", states).pipe(Flag.withDescription("Only in this state"), Flag.optional),
    backfill: Flag.String("backfill").pipe(
      Flag.withDescription("Only of the backfill whose id begins so"),
      Flag.optional,
    ),
    skipped: Flag.Boolean("skipped").pipe(
      Flag.withDescription("In place of runs, what schedules left out, and why"),
      Flag.withDefault(false),
    ),
    limit: Flag.Int("limit").pipe(Flag.withDescription("At most so many (default: 20)"), Flag.withDefault(20)),
    data: Flags.dataOfRuns,
    json: Flags.json,
  },
  Effect.fn("runs")(function* (flags) {
    yield* Effect.gen(function* () {
      if (Option.isSome(flags.run)) {
        const run = yield* findRun(flags.run.value, flags.json)
        return yield* Console.log(flags.json ? JSON.stringify(asData(run)) : describe(run))
      }
      if (flags.skipped) {
        const question = { export: Option.getOrUndefined(flags.export), limit: flags.limit }
        return yield* Console.log(yield* skipped(question, flags.json))
      }
      const found = yield* Runs.list({
        export: Option.getOrUndefined(flags.export),
        states: Option.isSome(flags.state) ? [flags.state.value] : undefined,
        backfillId: Option.isSome(flags.backfill) ? (yield* find(flags.backfill.value, flags.json)).id : undefined,
        limit: flags.limit,
      })
      yield* Console.log(
        flags.json ? JSON.stringify(found.map(asData)) : found.length === 0 ? "no runs" : overview(found),
      )
    }).pipe(withState(flags))
  }),
).pipe(Command.withDescription("List runs, the newest window first; with an id, show one whole"))

/** The one run whose id begins so; otherwise, one clear error. */
export const findRun = Effect.fnUntraced(function* (prefix: string, json: boolean) {
  const [first, second] = yield* Runs.byPrefix(prefix)
  if (first === undefined) {
    return yield* usage(`there is no run "${prefix}". batch-exports runs lists them; four characters are enough.`, json)
  }
  if (second !== undefined) return yield* usage(`several runs begin with "${prefix}": write more of it`, json)
  return first
})

const overview = (found: ReadonlyArray<Run>): string =>
  Format.table(
    ["run", "export", "window", "state", "rows", "size", "took", "why"],
    found.map((run) => [
      run.id.slice(0, 8),
      run.export,
      Times.window(run.window),
      run.state,
      run.stored === null ? "" : Format.count(run.stored.received),
      run.bytes === null ? (run.progressBytes > 0 ? Format.bytes(run.progressBytes) : "") : Format.bytes(run.bytes),
      run.startedAt === null || run.finishedAt === null ? "" : Times.lengthOf(run.finishedAt - run.startedAt),
      run.error === null ? (run.alreadyExported ? "already exported" : "") : run.error.reason,
    ]),
    ["rows", "size", "took"],
  )

export const describe = (run: Run): string =>
  [
    ["run", run.id],
    ["export", run.export],
    ["window", Times.window(run.window)],
    ["state", run.state + (run.cancelRequested ? ", to be cancelled" : "")],
    ["made by", run.backfillId === null ? run.origin : `backfill ${run.backfillId}`],
    ["mode", run.mode === "once" ? "" : run.mode],
    ["attempts", String(run.attempts)],
    ["runner", run.runner ?? ""],
    ["due", Times.instant(run.dueAt)],
    ["started", Times.instant(run.startedAt)],
    ["finished", Times.instant(run.finishedAt)],
    ["rows", run.stored === null ? "" : rows(run.stored)],
    ["size", run.bytes === null ? "" : Format.bytes(run.bytes)],
    ["encoding", run.encoding ?? ""],
    ["adjusted", Format.adjusted(run.adjusted)],
    ["left out", run.leftOut.join(", ")],
    [
      "phases",
      run.timings === null
        ? ""
        : `open ${run.timings.open} ms, transfer ${run.timings.transfer} ms, commit ${run.timings.commit} ms`,
    ],
    ...run.notices.map((notice) => ["note", notice] as const),
    ...(run.error === null
      ? []
      : ([
          ["error", run.error.message],
          ["reason", `${run.error.reason}${run.error.code === null ? "" : ` (${run.error.code})`}`],
          ["to do", run.error.remedy],
        ] as const)),
  ]
    .filter(([, text]) => text !== "")
    .map(([name, text]) => `${(name ?? "").padEnd(9)} ${text}`)
    .join("\n")

const rows = ({ inserted, received, unchanged, updated }: NonNullable<Run["stored"]>): string =>
  `${Format.count(received)}${updated + unchanged === 0 ? "" : ` (${Format.count(inserted)} new, ${Format.count(updated)} updated, ${Format.count(unchanged)} unchanged)`}`

export interface RunRecord extends Omit<
  Run,
  "window" | "dueAt" | "createdAt" | "dispatchedAt" | "startedAt" | "finishedAt" | "heartbeatAt"
> {
  readonly window: string
  readonly dueAt: string | null
  readonly createdAt: string | null
  readonly dispatchedAt: string | null
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly heartbeatAt: string | null
}

export const asData = (run: Run): RunRecord => ({
  ...run,
  window: `${Times.iso(run.window.start)}/${Times.iso(run.window.end)}`,
  dueAt: Times.iso(run.dueAt),
  createdAt: Times.iso(run.createdAt),
  dispatchedAt: Times.iso(run.dispatchedAt),
  startedAt: Times.iso(run.startedAt),
  finishedAt: Times.iso(run.finishedAt),
  heartbeatAt: Times.iso(run.heartbeatAt),
})
