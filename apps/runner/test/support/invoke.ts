/** The command line within the test's own process: what it prints, and the exit code that it would end with. */
import { Console, Effect, Runtime } from "effect"
import { format } from "node:util"
import { commandLine } from "../../src/cli/commandLine.ts"

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const invoke = (args: ReadonlyArray<string>): Effect.Effect<Finished> =>
  Effect.promise(async (signal) => {
    let stdout = ""
    let stderr = ""
    const out = (...parts: ReadonlyArray<unknown>) => void (stdout += `${format(...parts)}\n`)
    const error = (...parts: ReadonlyArray<unknown>) => void (stderr += `${format(...parts)}\n`)
    const heard = { ...console, log: out, info: out, error, warn: error, debug: error }
    // On its own, so that it has the real clock, whatever the test has.
    const exit = await Effect.runPromiseExit(commandLine(args).pipe(Effect.provideService(Console.Console, heard)), {
      signal,
    })
    let code: number | null = null
    Runtime.defaultTeardown(exit, (found) => (code = found))
    return { code, stdout, stderr }
  })
