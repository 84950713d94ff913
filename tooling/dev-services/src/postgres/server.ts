/** Runs the server on a free port of the loopback interface. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "../freePort.ts"
import { Refusal } from "../Refusal.ts"
import type { Account } from "./account.ts"
import { type Binaries, environment } from "./binaries.ts"
import type { Cluster } from "./cluster.ts"

export interface Server {
  readonly port: number
  readonly exited: Promise<void>
  readonly signal: (signal: NodeJS.Signals) => void
}

/** Nothing here outlives a crash of the machine, so nothing is paid for surviving one. */
const careless = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }

export const launch = async (
  binaries: Binaries,
  cluster: Cluster,
  account: Account | undefined,
  temporary: boolean,
  named: number | undefined,
  settings: Readonly<Record<string, string>>,
  /** Hears of each attempt before it is ready: it must be stopped too. */
  started: (server: Server) => void,
): Promise<Server> => {
  let refused = ""
  // Between looking for a free port and taking it, another process may take it.
  for (let attempt = 0; attempt < 5; attempt++) {
    const port = named ?? (await freePort())
    const all = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      timezone: "UTC",
      ...(temporary ? careless : {}),
      ...cluster.settings,
      ...settings,
    }
    const run = spawnServer(binaries, cluster, account, port, all)
    const server: Server = { port, exited: run.exited, signal: (signal) => run.child.kill(signal) }
    started(server)
    const failure = await ready(run, cluster.data)
    if (failure === undefined) return server
    refused = failure
    if (named !== undefined || !/could not create any TCP\/IP sockets|Address already in use/.test(failure)) break
  }
  throw new Refusal(`Postgres did not start: ${refused}`, "Correct that, or set DATABASE_URL to a server of your own.")
}

interface Started {
  readonly child: ChildProcess
  readonly exited: Promise<void>
  readonly log: () => string
}

const spawnServer = (
  binaries: Binaries,
  cluster: Cluster,
  account: Account | undefined,
  port: number,
  settings: Readonly<Record<string, string>>,
): Started => {
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const child = spawn(binaries.postgres, ["-D", cluster.data, "-p", String(port), ...options], {
    ...account,
    env: environment,
    cwd: cluster.data,
    stdio: ["ignore", "ignore", "pipe"],
  })
  let log = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-8192)
  })
  const exited = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      log += error.message
      resolve()
    })
    child.once("exit", () => resolve())
  })
  return { child, exited, log: () => log.trim() }
}

/** The server writes its state into the last line of its pid file, whatever its settings of the log are. */
const ready = async (server: Started, data: string): Promise<string | undefined> => {
  let gone = false
  void server.exited.then(() => (gone = true))
  const file = join(data, "postmaster.pid")
  for (;;) {
    if (gone) return server.log()
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : []
    if (lines[0] === String(server.child.pid) && lines[7]?.trim() === "ready") return undefined
    await sleep(20)
  }
}

/** Waits until the server is gone and, for a temporary one, removes its folder. */
export const shutdown = async (server: Server | undefined, temporary: string | undefined): Promise<void> => {
  if (server !== undefined) {
    // A cluster that is kept is closed properly; one that is thrown away is just stopped.
    server.signal(temporary === undefined ? "SIGINT" : "SIGQUIT")
    const late = setTimeout(() => server.signal("SIGQUIT"), 8_000)
    await server.exited
    clearTimeout(late)
  }
  if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true, maxRetries: 5 })
}
