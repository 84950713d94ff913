/** A process that owns one PgBouncer, and stops it and removes its folder when the pipe to our parent closes. */
import { type ChildProcess, spawn } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "../freePort.ts"
import { guarded } from "../guarded.ts"
import { chooseAccount, give } from "../postgres/account.ts"
import { temporaryHome } from "../postgres/home.ts"
import { Refusal } from "../Refusal.ts"
import { configuration, users } from "./configuration.ts"
import { findPgBouncer } from "./find.ts"
import type { KeeperConfig } from "./KeeperConfig.ts"

let home: string | undefined
let running: { readonly child: ChildProcess; readonly exited: Promise<void> } | undefined
let stopping = false

const start = async (told: unknown) => {
  const config = told as KeeperConfig
  const program = findPgBouncer()
  if (program === undefined)
    throw new Refusal("there is no pgbouncer on this machine", "Install it: apt-get install pgbouncer.")
  // It refuses to run as root, as Postgres does.
  const account = chooseAccount(undefined)
  const folder = (home = temporaryHome(account))
  give(folder, account)
  const own = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    give(join(folder, name), account)
    return join(folder, name)
  }
  const port = await freePort()
  const file = own(
    "pgbouncer.ini",
    configuration(config, port, {
      users: own("users.txt", users(config)),
      serverAuthority: own("server-authority.crt", config.server.ca ?? ""),
      clientAuthority: own("client-authority.crt", config.tls?.clientAuthority ?? ""),
      certificate: own("client.crt", config.tls?.cert ?? ""),
      key: own("client.key", config.tls?.key ?? ""),
    }),
  )
  const child = spawn(program, [file], { ...account, cwd: folder, stdio: ["ignore", "ignore", "pipe"] })
  let log = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-4096)
  })
  let gone = false
  const exited = new Promise<void>((resolve) => {
    for (const event of ["error", "exit"])
      child.once(event, () => {
        gone = true
        resolve()
      })
  })
  running = { child, exited }
  while (!(await answers(port))) {
    if (gone || stopping) throw new Refusal(`PgBouncer did not start: ${log.trim()}`, "Correct that.")
    await sleep(20)
  }
  void exited.then(async () => {
    if (!stopping) {
      await stop()
      process.exit(1)
    }
  })
  return { port }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })

const stop = async () => {
  stopping = true
  // Waits for nobody: its clients are gone, or are to be.
  running?.child.kill("SIGTERM")
  const late = setTimeout(() => running?.child.kill("SIGKILL"), 3000)
  await running?.exited
  clearTimeout(late)
  if (home !== undefined) rmSync(home, { recursive: true, force: true })
}

void guarded(start, stop)
