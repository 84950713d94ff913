/** The child's side of `guardedProcess`: read the configuration, say `ready` or `failed`, stop when the pipe closes. */
import { createInterface } from "node:readline"
import { Refusal } from "./Refusal.ts"

/**
 * `start` gets the configuration and answers with what the parent wants to know. `stop` runs once, when the parent
 * closes the pipe, dies, or sends a signal, and also when `start` fails half-way.
 */
export const guarded = async (
  start: (config: unknown) => Promise<unknown>,
  stop: () => Promise<void> | void,
): Promise<void> => {
  let stopping = false
  const leave = async (code: number) => {
    if (stopping) return
    stopping = true
    try {
      await stop()
    } finally {
      // Not process.exit: it would run the exit hooks of native code whose threads may still be at work.
      if (code === 0) process.kill(process.pid, "SIGKILL")
      process.exit(code)
    }
  }
  const lines = createInterface({ input: process.stdin })
  const config = new Promise<string>((resolve) => lines.once("line", resolve))
  lines.once("close", () => void leave(0))
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void leave(0))
  // Writing to a parent that is gone must not end us before `stop` has cleaned up.
  for (const out of [process.stdout, process.stderr]) out.on("error", () => {})
  try {
    say({ ready: await start(JSON.parse(await config)) })
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error))
    say({
      failed: {
        message: failure.message,
        remedy:
          failure instanceof Refusal
            ? failure.remedy
            : "Run `npm run setup` and try again, or set CLICKHOUSE_URL and DATABASE_URL to servers of your own.",
      },
    })
    await leave(1)
  }
}

const say = (answer: unknown) => process.stdout.write(JSON.stringify(answer) + "\n")
