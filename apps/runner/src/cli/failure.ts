/** How a command ends when it cannot do what was asked: one clear error on standard error, and an exit code. */
import type { ExportError } from "@batch-exports/core"
import { Console, Effect, Runtime } from "effect"
import { ConfigFileError } from "../config/load.ts"

/** Exit codes: 1, the run failed; 2, the command or the configuration cannot be used. 130, interrupted. */
export class CommandFailed extends Error {
  readonly _tag = "CommandFailed"
  override readonly [Runtime.errorExitCode]: number
  override readonly [Runtime.errorReported] = false
  constructor(message: string, exitCode: 1 | 2) {
    super(message)
    this[Runtime.errorExitCode] = exitCode
  }
}

export const describe = (error: ExportError): string =>
  [
    `error: ${error.message}`,
    `  reason  ${error.reason}${error.code === undefined ? "" : ` (${error.code})`}`,
    `  to do   ${error.remedy}`,
  ].join("\n")

/** What `--json` prints on standard output for a failed run. */
export interface FailureData {
  readonly error: {
    readonly side: "source" | "destination"
    readonly reason: string
    readonly recovery: string
    readonly code: string | null
    readonly message: string
    readonly remedy: string
  }
}

export const asData = (error: ExportError): FailureData => ({
  error: {
    side: error._tag === "SourceError" ? "source" : "destination",
    reason: error.reason,
    recovery: error.recovery,
    code: error.code ?? null,
    message: error.message,
    remedy: error.remedy,
  },
})

const report = (message: string, exitCode: 1 | 2) =>
  Effect.andThen(Console.error(message), Effect.fail(new CommandFailed(message, exitCode)))

export const usage = (message: string) => report(`error: ${message}`, 2)

/** Prints the error and turns it into an exit code. */
export const reported = (error: ExportError | ConfigFileError, json = false): Effect.Effect<never, CommandFailed> =>
  error instanceof ConfigFileError
    ? report(error.message, 2)
    : Effect.andThen(json ? Console.log(JSON.stringify(asData(error))) : Effect.void, report(describe(error), 1))
