/** `batch-exports run`: one export, one window, now. */
import { type ExportError, Window } from "@batch-exports/core"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { randomUUID } from "node:crypto"
import * as Retry from "../retry.ts"
import { type Finished, runExport } from "../runExport.ts"
import { reported, usage } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"
import * as Progress from "./progress.ts"

export const run = Command.make(
  "run",
  {
    ...Flags.ofExport,
    window: Flags.window,
    attempts: Flag.Int("attempts").pipe(
      Flag.withDescription("Give up after this many attempts (default: 6)"),
      Flag.withDefault(Retry.defaults.times + 1),
    ),
  },
  Effect.fn("run")(function* (flags) {
    if (flags.attempts < 1) return yield* usage("--attempts must be at least 1", flags.json)
    const window = yield* Flags.parseWindow(flags.window, flags.json)
    const definition = yield* Flags.findExport(flags)
    const runId = randomUUID()
    const label = `${definition.name}  ${Window.format(window)}`
    const finished = yield* Effect.gen(function* () {
      const progress = yield* Progress.make(label, { enabled: !flags.json })
      return yield* runExport({
        export: definition,
        window,
        runId,
        onProgress: ({ bytes }) => progress.update(bytes),
        onRetry,
        limits: { ...Retry.defaults, times: flags.attempts - 1 },
      })
    }).pipe(
      Effect.scoped,
      Effect.catch((error) => reported(error, flags.json)),
    )
    yield* Console.log(
      flags.json ? JSON.stringify(asData(definition.name, window, runId, finished)) : describe(label, finished),
    )
  }),
).pipe(
  Command.withDescription("Export one window now. A window that is already there adds nothing."),
  Command.withExamples([
    {
      command: "batch-exports run events --window 2026-01-31T13:00:00Z/2026-01-31T14:00:00Z",
      description: "Export the events that arrived within one hour",
    },
  ]),
)

export const onRetry = (error: ExportError, attempt: number): Effect.Effect<void> =>
  Console.error(
    `attempt ${attempt}: ${error.message}; ${error.recovery === "reopen" ? "looking again" : "trying again"}`,
  )

const describe = (label: string, { attempts, milliseconds, outcome }: Finished): string => {
  const lines =
    outcome._tag === "AlreadyExported"
      ? [`${label}  already exported: 0 new rows`]
      : [
          `${label}  ${Format.count(outcome.stored.received)} rows, ${Format.bytes(outcome.bytes)}, ${Format.seconds(milliseconds)}`,
          ...detail("adjusted", Format.adjusted(outcome.sent.adjusted)),
          ...detail("left out", outcome.leftOut.join(", ")),
          ...(attempts > 1 ? detail("attempts", String(attempts)) : []),
        ]
  return [...lines, ...outcome.notices.flatMap((notice) => detail("note", notice))].join("\n")
}

const detail = (name: string, text: string): ReadonlyArray<string> =>
  text === "" ? [] : [`  ${name.padEnd(8)}  ${text}`]

export interface RunData {
  readonly export: string
  readonly window: string
  readonly run: string
  readonly status: "exported" | "already-exported"
  readonly rows: number
  readonly bytes: number
  readonly adjusted: Readonly<Record<string, number>>
  readonly leftOut: ReadonlyArray<string>
  readonly encoding: string | null
  readonly attempts: number
  readonly milliseconds: number
  readonly notices: ReadonlyArray<string>
}

export const asData = (name: string, window: Window.Window, runId: string, finished: Finished): RunData => {
  const { outcome } = finished
  const exported = outcome._tag === "Exported" ? outcome : undefined
  return {
    export: name,
    window: Window.format(window),
    run: runId,
    status: exported === undefined ? "already-exported" : "exported",
    rows: exported?.stored.received ?? 0,
    bytes: exported?.bytes ?? 0,
    adjusted: exported?.sent.adjusted ?? {},
    leftOut: exported?.leftOut ?? [],
    encoding: exported?.encoding ?? null,
    attempts: finished.attempts,
    milliseconds: finished.milliseconds,
    notices: outcome.notices,
  }
}
