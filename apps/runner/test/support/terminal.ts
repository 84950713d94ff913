/** The command line at a pseudo-terminal, which util-linux's script gives it. */
import { spawn } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

export interface Terminal {
  /** All that was shown so far. */
  readonly shown: () => string
  /** Waits for words that are shown after those of the last call. */
  readonly waits: (text: string) => Promise<void>
  readonly types: (text: string) => void
  readonly ended: Promise<number | null>
  readonly kill: () => void
}

export const terminal = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv): Terminal => {
  const command = [process.execPath, "--conditions=@batch-exports/source", MAIN, ...args]
  const child = spawn("script", ["-qec", command.map((word) => `'${word}'`).join(" "), "/dev/null"], { env })
  let shown = ""
  let from = 0
  child.stdout.setEncoding("utf8").on("data", (part: string) => (shown += part))
  return {
    shown: () => shown,
    waits: async (text) => {
      while (!shown.includes(text, from)) {
        if (child.exitCode !== null) throw new Error(shown)
        await sleep(20)
      }
      from = shown.indexOf(text, from) + text.length
    },
    types: (text) => void child.stdin.write(text),
    ended: new Promise((resolve) => child.once("close", resolve)),
    kill: () => void child.kill("SIGKILL"),
  }
}
