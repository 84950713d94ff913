/**
 * A process that owns one Postgres. It stops the server and removes its folder when the pipe to our parent closes, so
 * that a parent that was killed leaves nothing behind: Postgres itself would go on without it.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { guarded } from "../guarded.ts"
import { Refusal } from "../Refusal.ts"
import { chooseAccount, give } from "./account.ts"
import { findBinaries } from "./binaries.ts"
import { assertVersion, prepare } from "./cluster.ts"
import { keptHome, reachableHome, temporaryHome } from "./home.ts"
import type { KeeperConfig } from "./KeeperConfig.ts"
import { launch, type Server, shutdown } from "./server.ts"

let temporary: string | undefined
let server: Server | undefined
let stopping = false

const start = async (told: unknown) => {
  const config = told as KeeperConfig
  const kept = config.dataDir === undefined ? undefined : keptHome(config.dataDir)
  const existing = kept === undefined ? undefined : join(kept, "data")
  const account = chooseAccount(existing !== undefined && existsSync(existing) ? existing : undefined)
  const binaries = findBinaries(account)
  const home = kept === undefined ? temporaryHome(account) : reachableHome(kept, account)
  if (kept === undefined) {
    temporary = home
    give(home, account)
  }
  assertVersion(join(home, "data"), binaries)
  const cluster = prepare(config, home, binaries, account)
  server = await launch(
    binaries,
    cluster,
    account,
    temporary !== undefined,
    config.port,
    config.settings,
    (started) => {
      server = started
    },
  )
  if (stopping) throw new Refusal("stopped before it was ready", "Start it again.")
  void server.exited.then(async () => {
    if (stopping) return
    await stop()
    process.exit(1)
  })
  return { port: server.port, version: binaries.version, caFile: cluster.caFile }
}

const stop = async () => {
  stopping = true
  await shutdown(server, temporary)
}

void guarded(start, stop)
