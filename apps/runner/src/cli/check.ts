/** `batch-exports check`: try every step that a run would take, and leave nothing behind. */
import { type CheckStep } from "@batch-exports/core"
import { Console, Effect, Stream } from "effect"
import { Command } from "effect/cli"
import type { Export } from "../config/Config.ts"
import { CommandFailed, reported } from "./failure.ts"
import * as Flags from "./flags.ts"

export const check = Command.make(
  "check",
  Flags.ofExport,
  Effect.fn("check")(function* (flags) {
    const definition = yield* Flags.findExport(flags)
    const show = (side: string) => (step: CheckStep) => (flags.json ? Effect.void : Console.log(describe(side, step)))
    const source = yield* collect(definition.source.check, show("source"))
    const destination = failed(source)
      ? []
      : yield* destinationSteps(definition, show("destination")).pipe(
          Effect.catch((error) => reported(error, flags.json)),
        )
    if (flags.json) yield* Console.log(JSON.stringify({ export: definition.name, source, destination }))
    if (failed(source) || failed(destination)) return yield* Effect.fail(new CommandFailed("the check failed", 1))
  }),
).pipe(
  Command.withDescription("Check that an export can run: connections, TLS, privileges, tables. Leaves nothing behind."),
)

type Show = (step: CheckStep) => Effect.Effect<void>

const collect = (steps: Stream.Stream<CheckStep>, show: Show) => Stream.runCollect(Stream.tap(steps, show))

const failed = (steps: ReadonlyArray<CheckStep>): boolean => steps.some((step) => step.status === "failed")

const destinationSteps = Effect.fnUntraced(function* (definition: Export, show: Show) {
  const { model } = yield* definition.source.open
  return yield* collect(definition.destination.check(model), show)
}, Effect.scoped)

const marks = { passed: "✓", failed: "✗", skipped: "–" } as const

const describe = (side: string, step: CheckStep): string =>
  [
    `${marks[step.status]} ${side}: ${step.title}${step.detail === undefined ? "" : ` (${step.detail})`}  ${Math.round(step.durationMillis)} ms`,
    ...(step.remedy === undefined ? [] : [`    to do: ${step.remedy}`]),
  ].join("\n")
