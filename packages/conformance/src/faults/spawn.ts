/** Starts a child process with an order, listens to what it says, and kills it with `kill -9`. */
import { Effect } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Broken } from "../Broken.ts"
import type { Order, Said } from "./Order.ts"

export interface Ended {
  /** In order. */
  readonly said: ReadonlyArray<Said>
  readonly killed: boolean
}

/** Until the child has ended; it is killed as soon as `kill` says so of something that it said. */
export const spawn = (
  order: Order,
  kill: (said: Said) => boolean = () => false,
  execArgv: ReadonlyArray<string> = [],
): Effect.Effect<Ended, Broken> =>
  Effect.callback<Ended, Broken>((resume) => {
    const source = import.meta.url.endsWith(".ts")
    const program = fileURLToPath(new URL(source ? "./child.ts" : "./child.js", import.meta.url))
    const child = fork(program, [], {
      // Within the repository, packages are run from their sources.
      execArgv: [...(source ? ["--conditions=@batch-exports/source", "--no-warnings"] : []), ...execArgv],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    child.send(order)
    const said: Array<Said> = []
    let errors = ""
    child.stderr?.on("data", (chunk: Buffer) => {
      errors += chunk.toString("utf8")
    })
    child.on("message", (message: Said) => {
      said.push(message)
      if (kill(message)) child.kill("SIGKILL")
    })
    child.on("exit", (code, signal) => {
      const failed = said.find((one) => one.say === "failed")
      if (signal === "SIGKILL" || (code === 0 && failed === undefined)) {
        resume(Effect.succeed({ said, killed: signal === "SIGKILL" }))
        return
      }
      resume(
        Effect.fail(
          new Broken({
            expected: "a process of its own can load the plugin and export with it",
            seen: failed === undefined ? errors.trim().split("\n").slice(0, 6).join(" | ") : failed.message,
            advice: "`Harness.module` is the URL of a module that plain Node can import and that exports the plugin.",
          }),
        ),
      )
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })
