/** The process of the embedded engine. One of its own, because a crash of native code ends the process it happens in. */
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import type { Server } from "node:http"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { guarded } from "../guarded.ts"
import { type Engine, openEngine } from "./chdb.ts"
import { front, type FrontConfig } from "./front.ts"

interface EngineConfig extends FrontConfig {
  /** Undefined: a temporary folder, removed at the end. */
  readonly dataDir?: string
}

let temporary: string | undefined
let engine: Engine | undefined
let server: Server | undefined

const start = async (told: unknown) => {
  const config = told as EngineConfig
  if (config.dataDir === undefined) temporary = mkdtempSync(join(tmpdir(), "dev-clickhouse-"))
  else mkdirSync(config.dataDir, { recursive: true })
  engine = await openEngine(resolve(config.dataDir ?? temporary ?? ""))
  server = front(engine, config).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return { port: typeof address === "object" ? address?.port : undefined, folder: temporary }
}

const stop = async () => {
  server?.close()
  // Each query whose client goes is cancelled; those that hear nothing of it are not waited for.
  server?.closeAllConnections()
  await Promise.race([engine?.close(), sleep(3_000)])
  if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

void guarded(start, stop)
