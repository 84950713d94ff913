/** `batch-exports completions`: what a shell needs to complete commands and flags. */
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"

/** Of a command that is loaded when it is needed. */
export const completions = <Name extends string, Input, Context, E, R>(
  load: () => Promise<Command.Command<Name, Input, Context, E, R>>,
) =>
  Command.make(
    "completions",
    {
      shell: Argument.Literals("shell", ["bash", "zsh", "fish", "powershell"]).pipe(
        Argument.withDescription("bash, zsh, fish or powershell"),
      ),
    },
    Effect.fnUntraced(function* ({ shell }) {
      const all = yield* Effect.promise(load)
      yield* Command.runWith(all, { version: "" })(["--completions", shell])
    }),
  ).pipe(
    Command.withDescription("Print the completions of a shell"),
    Command.withExamples([
      {
        command: "batch-exports completions bash > /etc/bash_completion.d/batch-exports",
        description: "For all users of a machine",
      },
    ]),
  )
