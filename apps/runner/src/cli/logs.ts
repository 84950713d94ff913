/** `batch-exports logs`: what happened in runs, line by line. */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as RunLogs from "../store/RunLogs.ts"
import * as Flags from "./flags.ts"
import { findRun } from "./runs.ts"
import { withState } from "./state.ts"
import * as Times from "./times.ts"

export const logs = Command.make(
  "logs",
  {
    run: Argument.String("run").pipe(Argument.withDescription("A run's id, or how it begins"), Argument.optional),
    export: Flag.String("export").pipe(Flag.withDescription("Only of this export"), Flag.optional),
    level: Flag.Literals("level", ["info", "warn", "error"]).pipe(
      Flag.withDescription("This level and above"),
      Flag.optional,
    ),
    search: Flag.String("search").pipe(Flag.withDescription("Only lines that hold this text"), Flag.optional),
    follow: Flag.Boolean("follow").pipe(
      Flag.withAlias("f"),
      Flag.withDescription("Go on with new lines until interrupted"),
      Flag.withDefault(false),
    ),
    limit: Flag.Int("limit").pipe(Flag.withDescription("At most so many (default: 100)"), Flag.withDefault(100)),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("logs")(function* (flags) {
    yield* Effect.gen(function* () {
      const run = Option.isSome(flags.run) ? yield* findRun(flags.run.value, flags.json) : undefined
      const question = {
        runId: run?.id,
        export: Option.getOrUndefined(flags.export),
        level: Option.getOrUndefined(flags.level),
        search: Option.getOrUndefined(flags.search),
        limit: flags.limit,
      }
      let after = 0
      const show = (lines: ReadonlyArray<RunLogs.Line>) =>
        Effect.forEach(lines, (line) => {
          after = line.id
          // One value for each line, so that it can be followed.
          return Console.log(flags.json ? JSON.stringify(asData(line)) : describe(line))
        })
      const first = yield* RunLogs.list(question)
      yield* show(first)
      if (first.length === 0 && !flags.follow && !flags.json) yield* Console.error("no lines")
      while (flags.follow) {
        yield* Effect.sleep("500 millis")
        yield* show(yield* RunLogs.list({ ...question, after, limit: 10_000 }))
      }
    }).pipe(withState(flags))
  }),
).pipe(Command.withDescription("Show the log of a run, of an export, or of all"))

const describe = (line: RunLogs.Line): string =>
  `${Times.instant(line.at)}  ${line.level.padEnd(5)}  ${line.export}  ${line.runId.slice(0, 8)}  ${line.message}`

const asData = ({ at, export: name, level, message, runId }: RunLogs.Line) => ({
  at: Times.iso(at),
  level,
  export: name,
  run: runId,
  message,
})
