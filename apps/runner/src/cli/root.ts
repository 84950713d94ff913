/** All commands, as one. */

import { Argument, Command } from "effect/cli"
import { backfill } from "./backfill.ts"
import { check } from "./check.ts"
import { cancel, pause, resume, retry } from "./control.ts"
import { demo } from "./demo.ts"
import { destinations, models } from "./describe.ts"
import { init, schema } from "./init.ts"
import { ledger } from "./ledger.ts"
import { logs } from "./logs.ts"
import { peek } from "./peek.ts"
import { plan } from "./plan.ts"
import { run } from "./run.ts"
import { runs } from "./runs.ts"
import { start } from "./start.ts"
import { status } from "./status.ts"

const named = Command.make("batch-exports").pipe(
  Command.withDescription("Move analytics data from ClickHouse into Postgres, exactly once"),
)

const commands = [
  { group: "First steps", commands: [demo, init, check, plan, peek, run] },
  { group: "The runner", commands: [start, status, runs, logs] },
  { group: "Control", commands: [pause, resume, retry, cancel, backfill, ledger] },
] as const

const reference = [models, destinations, schema] as const

const completions = Command.make(
  "completions",
  {
    shell: Argument.Literals("shell", ["bash", "zsh", "fish", "powershell"]).pipe(
      Argument.withDescription("bash, zsh, fish or powershell"),
    ),
  },
  ({ shell }) =>
    Command.runWith(Command.withSubcommands(named, [...commands, ...reference]), { version: "" })([
      "--completions",
      shell,
    ]),
).pipe(
  Command.withDescription("Print the completions of a shell"),
  Command.withExamples([
    {
      command: "batch-exports completions bash > /etc/bash_completion.d/batch-exports",
      description: "For all users of a machine",
    },
  ]),
)

export const root = Command.withSubcommands(named, [
  ...commands,
  { group: "Reference", commands: [...reference, completions] },
])
