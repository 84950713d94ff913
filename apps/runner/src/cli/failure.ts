/** How a command ends when it cannot do what was asked: one clear error on standard error, and an exit code. */
import type { ExportError } from "@batch-exports/core"
import { Console, Effect, Runtime } from "effect"
import { ConfigFileError } from "../config/load.ts"
import { ofError } from "../runner/failures.ts"

/**
 * Exit codes: 1, the run failed; 2, the command or the configuration cannot be used; 3, a comparison found rows that are not
 * exported. 130, interrupted.
 */
export class CommandFailed extends Error {
  readonly _tag = "CommandFailed"
  override readonly [Runtime.errorExitCode]: number
  override readonly [Runtime.errorReported] = false
  constructor(message: string, exitCode: 1 | 2 | 3) {
    super(message)
    this[Runtime.errorExitCode] = exitCode
  }
}

/** What `--json` prints on standard output in place of a result. */
export interface FailureData {
  readonly error: {
    readonly side: "command" | "configuration" | "source" | "destination"
    readonly reason: string
    /** Of runs: what the scheduler would do next. */
    readonly recovery: string
    readonly code: string | null
    readonly message: string
    readonly remedy: string | null
  }
}

const report = (text: string, data: FailureData, exitCode: 1 | 2, json: boolean) =>
  Effect.gen(function* () {
    yield* Console.error(text)
    if (json) yield* Console.log(JSON.stringify(data))
    return yield* Effect.fail(new CommandFailed(data.error.message, exitCode))
  })

const stop = (side: "command" | "configuration", reason: string, message: string, remedy: string | null = null) => ({
  error: { side, reason, recovery: "stop", code: null, message, remedy },
})

/** The command line asks for something that there is not. */
export const usage = (message: string, json = false): Effect.Effect<never, CommandFailed> =>
  report(`error: ${message}`, stop("command", "Usage", message), 2, json)

/** The command was understood, and could not be carried out for a reason that is not an export's. */
export const failed = (message: string, remedy: string, json = false): Effect.Effect<never, CommandFailed> =>
  report(`error: ${message}\n  to do   ${remedy}`, stop("command", "Failed", message, remedy), 1, json)

/** Prints the error and turns it into an exit code. */
export const reported = (error: ExportError | ConfigFileError, json = false): Effect.Effect<never, CommandFailed> =>
  error instanceof ConfigFileError
    ? report(`error: ${error.message}`, stop("configuration", "ConfigInvalid", error.message), 2, json)
    : report(describe(error), { error: ofError(error) }, 1, json)

const describe = (error: ExportError): string =>
  [
    `error: ${error.message}`,
    `  reason  ${error.reason}${error.code === undefined ? "" : ` (${error.code})`}`,
    `  to do   ${error.remedy}`,
  ].join("\n")
