/** `batch-exports repair`: brings rows that came after their window was exported, without doubling the others. */
import { Window } from "@batch-exports/core"
import { Console, Effect, Result } from "effect"
import { Command } from "effect/cli"
import { plan } from "../verify/repair.ts"
import { CommandFailed, failed, reported } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"
import * as Range from "./range.ts"
import { byRunner, here, type Repaired } from "./repairRuns.ts"
import { isRunning } from "./state.ts"

export const repair = Command.make(
  "repair",
  { ...Flags.ofExport, from: Range.from, to: Range.to },
  Effect.fn("repair")(function* (flags) {
    const range = yield* Range.parse(flags)
    const definition = yield* Flags.findExport(flags)
    const planned = yield* Effect.gen(function* () {
      return yield* plan({ export: definition, source: yield* definition.source.open, range })
    }).pipe(
      Effect.scoped,
      Effect.catch((error) => reported(error, flags.json)),
    )
    if (Result.isFailure(planned)) {
      return yield* failed(planned.failure.message, planned.failure.remedy, flags.json)
    }
    const held = yield* isRunning(flags)
    const done = yield* held
      ? byRunner(definition, planned.success, flags)
      : here(definition, planned.success, flags.json)
    yield* Console.log(
      flags.json
        ? JSON.stringify({ export: definition.name, mode: planned.success.mode, windows: done.map(asData) })
        : describe(done),
    )
    if (done.some(({ error }) => error !== undefined)) {
      return yield* Effect.fail(new CommandFailed("a window could not be repaired", 1))
    }
  }),
).pipe(
  Command.withDescription(
    "Bring rows that arrived after their window was exported. Append models get the rows whose key is absent; records that change are sent again.",
  ),
  Command.withExamples([
    { command: "batch-exports repair events --from 2026-01-31T00:00:00Z", description: "What verify found late" },
  ]),
)

export interface RepairData {
  readonly window: string
  readonly run: string
  readonly state: "completed" | "failed"
  readonly received: number
  readonly inserted: number
  readonly updated: number
  readonly error: string | null
}

const asData = ({ error, run, stored, window }: Repaired): RepairData => ({
  window: Window.format(window),
  run,
  state: error === undefined ? "completed" : "failed",
  received: stored.received,
  inserted: stored.inserted,
  updated: stored.updated,
  error: error ?? null,
})

const describe = (done: ReadonlyArray<Repaired>): string =>
  done.length === 0
    ? "nothing to repair"
    : Format.table(
        ["window", "looked at", "brought", "updated", "run", ""],
        done.map(({ error, run, stored, window }) => [
          Window.format(window),
          Format.count(stored.received),
          Format.count(stored.inserted),
          Format.count(stored.updated),
          run.slice(0, 8),
          error ?? "",
        ]),
        ["looked at", "brought", "updated"],
      )
