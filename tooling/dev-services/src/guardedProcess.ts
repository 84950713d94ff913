/**
 * Starts one of this package's own programs as a child that cannot outlive us: it holds the other end of a pipe, and
 * stops, cleaning up behind itself, when that pipe closes. A closed scope and a kill −9 look the same to it.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Effect, Schema, type Scope } from "effect"
import { DevServiceError } from "./DevServiceError.ts"

/** The child's first line on stdout. */
const Answer = Schema.Union([
  Schema.Struct({ ready: Schema.Unknown }),
  Schema.Struct({ failed: Schema.Struct({ message: Schema.String, remedy: Schema.String }) }),
])
const decodeAnswer = Schema.decodeUnknownEffect(Schema.fromJsonString(Answer))

export interface GuardedProgram<A> {
  /** What it is, for people: `the ClickHouse engine`. */
  readonly name: string
  /** Without its extension: programs are `.ts` in a checkout and `.js` in a build. */
  readonly program: URL
  /** Goes down the pipe as JSON, never on the command line: it may hold a password, and `ps` shows arguments to all. */
  readonly config: unknown
  readonly env?: Readonly<Record<string, string>>
  readonly Ready: Schema.Codec<A, unknown>
}

const stopMillis = 15_000

/** Answers when the child says that it is ready. Closing the scope waits until the child is gone. */
export const guardedProcess = Effect.fn("guardedProcess")(function* <A>(
  guarded: GuardedProgram<A>,
): Effect.fn.Return<A, DevServiceError, Scope.Scope> {
  const running = yield* Effect.acquireRelease(
    Effect.sync(() => start(guarded)),
    stop,
  )
  const line = yield* firstLine(guarded.name, running)
  const answer = yield* decodeAnswer(line).pipe(
    Effect.mapError(() => broken(guarded.name, `it said "${line.slice(0, 200)}"`)),
  )
  if ("failed" in answer) return yield* new DevServiceError(answer.failed)
  return yield* Schema.decodeUnknownEffect(guarded.Ready)(answer.ready).pipe(
    Effect.mapError((error) => broken(guarded.name, String(error))),
  )
})

interface Running {
  readonly child: ChildProcess
  readonly exited: Promise<string>
  readonly stderr: () => string
}

const start = (guarded: GuardedProgram<unknown>): Running => {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js"
  const child = spawn(process.execPath, [fileURLToPath(guarded.program) + extension], {
    // A group of its own: Ctrl-C in a terminal must reach us alone, so that we can still use the server while stopping.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...guarded.env },
  })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-8192)
  })
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message))
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
  // The child may be gone before it has read its configuration; its exit tells the story better than EPIPE.
  child.stdin.on("error", () => {})
  child.stdin.write(JSON.stringify(guarded.config) + "\n")
  return { child, exited, stderr: () => stderr.trim() }
}

const firstLine = (name: string, running: Running): Effect.Effect<string, DevServiceError> =>
  Effect.callback((resume) => {
    const lines = createInterface({ input: running.child.stdout! })
    lines.once("line", (line) => {
      lines.close()
      running.child.stdout!.resume()
      letGo(running.child, false)
      resume(Effect.succeed(line))
    })
    void running.exited.then((how) => {
      const said = running.stderr()
      resume(Effect.fail(broken(name, said === "" ? how : `${how}: ${said}`)))
    })
  })

const stop = (running: Running): Effect.Effect<void> =>
  Effect.promise(async () => {
    letGo(running.child, true)
    running.child.stdin!.end()
    const late = setTimeout(() => running.child.kill("SIGKILL"), stopMillis)
    await running.exited
    clearTimeout(late)
  })

/** A server that nobody stopped must not keep its user's process alive. */
const letGo = (child: ChildProcess, hold: boolean): void => {
  for (const part of [child, child.stdin, child.stdout, child.stderr] as ReadonlyArray<{ ref(): void; unref(): void }>)
    if (hold) part.ref()
    else part.unref()
}

const broken = (name: string, detail: string): DevServiceError =>
  new DevServiceError({
    message: `${name} did not start: ${detail}`,
    remedy:
      "Run `npm run setup` and try again; if it fails again, use servers of your own (CLICKHOUSE_URL, DATABASE_URL).",
  })
