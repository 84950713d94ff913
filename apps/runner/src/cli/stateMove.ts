/** `batch-exports state move`: from the folder of one runner to a Postgres that several share. */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { move } from "../store/move.ts"
import * as Place from "../store/Place.ts"
import * as State from "../store/State.ts"
import { usage } from "./failure.ts"
import * as Flags from "./flags.ts"
import { plural } from "./format.ts"
import { placeOf, unusableState } from "./state.ts"

const to = Flag.Redacted("state").pipe(
  Flag.withDescription("Where to: postgres://user:password@host/database (default: BATCH_EXPORTS_STATE)"),
  Flag.map((url): Flags.Said => ({ _tag: "Url", url, by: "--state" })),
  Flag.optional,
  Flag.map(Option.getOrElse(Flags.ofEnvironment)),
)

const moveCommand = Command.make(
  "move",
  {
    from: Flag.String("data").pipe(
      Flag.withDescription("The folder of the state (default: .batch-exports)"),
      Flag.withDefault(Place.defaultFolder),
    ),
    to,
    json: Flags.json,
  },
  Effect.fn("stateMove")(function* (flags) {
    const from = Place.folder(flags.from)
    const target = yield* placeOf({ data: flags.to, json: flags.json })
    if (target._tag === "Folder") return yield* usage("say where to: --state postgres://…", flags.json)
    const moved = yield* Effect.gen(function* () {
      if (!(yield* State.exists(from))) {
        return yield* usage(`there is no runner's state in ${from.folder}; name its folder with --data`, flags.json)
      }
      return yield* move(from, target)
    }).pipe(unusableState(target, flags.json))
    yield* Console.log(
      flags.json
        ? JSON.stringify(moved)
        : [
            `${plural(moved.exports, "export")}, ${plural(moved.runs, "run")} and ${plural(moved.backfills, "backfill")} are on ${Place.describe(target)} now.`,
            `${from.folder} is as it was; do not start a runner on it any more.`,
          ].join("\n"),
    )
  }),
).pipe(
  Command.withDescription("Copy the state of a stopped runner to a Postgres that several runners share"),
  Command.withExamples([
    {
      command: "batch-exports state move --data /var/lib/batch-exports",
      description: "To where BATCH_EXPORTS_STATE says",
    },
  ]),
)

export const state = Command.make("state").pipe(
  Command.withDescription("The state of runners: move"),
  Command.withSubcommands([moveCommand]),
)
