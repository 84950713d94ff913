/** The command line as an effect. Results go to standard output, everything else to standard error. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Logger } from "effect"
import { CliError, Command } from "effect/cli"
import { CommandFailed } from "./failure.ts"
import { root } from "./root.ts"
import { version } from "../version.ts"

/** Does what these words ask for. Whatever goes wrong has been explained when it fails. */
export const commandLine = (args: ReadonlyArray<string>) =>
  Effect.promise(() => root(args)).pipe(
    Effect.flatMap((command) => Command.runWith(command, { version })(args)),
    // The command line has been explained already; what is left to say is the exit code.
    Effect.catch((error) =>
      !CliError.isCliError(error)
        ? Effect.fail(error)
        : error._tag === "ShowHelp" && error.errors.length === 0
          ? Effect.void
          : Effect.fail(new CommandFailed("usage", 2)),
    ),
    Effect.provide(NodeServices.layer),
    // What no command has explained is a defect. It goes to standard error: standard output is for results.
    Effect.tapCause((cause) =>
      cause.reasons.some(isUnexplained) ? Console.error(`internal error: ${Cause.pretty(cause)}`) : Effect.void,
    ),
    Effect.provideService(Logger.LogToStderr, true),
  )

const isUnexplained = (reason: Cause.Reason<unknown>): boolean =>
  Cause.isDieReason(reason) || (Cause.isFailReason(reason) && !(reason.error instanceof CommandFailed))
