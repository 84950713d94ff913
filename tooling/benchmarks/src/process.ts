/** Runs one contestant's program to its end, and tells how long it took and how much memory it held. */
import { spawn } from "node:child_process"
import { Effect } from "effect"
import { BenchmarkError } from "./BenchmarkError.ts"
import type { Command, Said } from "./contestants/Contestant.ts"
import * as Proc from "./proc.ts"

export interface Ran {
  readonly said: Said
  /** From before the program was started until it and all that it started were gone. */
  readonly seconds: number
  /** The sum over the program's processes, of the most that each ever held. */
  readonly peakBytes: number | undefined
}

/** A peak only grows, so looking late loses what was added in the last moment and nothing else. */
const lookMillis = 100

export const run = (command: Command): Effect.Effect<Ran, BenchmarkError> =>
  Effect.callback((resume) => {
    const started = performance.now()
    const child = spawn(command.program, command.args, {
      env: { ...process.env, ...command.env },
      // A group of its own, which can be ended as a whole.
      detached: true,
    })
    const peaks = new Map<number, number>()
    const look = () => {
      if (child.pid !== undefined && Proc.available) Proc.notePeaks(child.pid, peaks)
    }
    const looking = setInterval(look, lookMillis)
    let stdout = ""
    let stderr = ""
    let seconds = 0
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.stdin.on("error", () => {})
    child.stdin.end(command.stdin)
    child.once("exit", () => (seconds = (performance.now() - started) / 1_000))
    const fail = (message: string) => {
      clearInterval(looking)
      resume(Effect.fail(new BenchmarkError({ message })))
    }
    child.once("error", (error) => fail(error.message))
    child.once("close", (code, signal) => {
      clearInterval(looking)
      if (code !== 0) return fail(`ended with ${signal ?? `code ${code}`}: ${stderr.trim().slice(-500)}`)
      try {
        const peakBytes = peaks.size === 0 ? undefined : [...peaks.values()].reduce((a, b) => a + b, 0)
        resume(Effect.succeed({ said: command.read({ stdout, stderr }), seconds, peakBytes }))
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error))
      }
    })
    return Effect.sync(() => {
      clearInterval(looking)
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL")
    })
  })
