/** The folder that holds all of a cluster: one that the server's account can reach. */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Refusal } from "../Refusal.ts"
import type { Account } from "./account.ts"
import { environment } from "./binaries.ts"

/** In the system's folder for such things, or in /tmp where that belongs to root alone. */
export const temporaryHome = (account: Account | undefined): string => {
  for (const parent of new Set([tmpdir(), "/tmp"])) {
    const home = mkdtempSync(join(parent, "dev-postgres-"))
    // The account must pass through; what is secret inside is readable by its owner alone.
    chmodSync(home, 0o755)
    if (canEnter(home, account)) return home
    rmSync(home, { recursive: true })
  }
  throw new Refusal(
    `the account that runs Postgres cannot enter ${tmpdir()}`,
    "Set TMPDIR to a folder that every user can enter, or set DATABASE_URL to a server of your own.",
  )
}

const note = "moved-to"

/** Where the cluster of a folder that is kept lies: in the folder, unless a note in it says otherwise. */
export const keptHome = (dataDir: string): string => {
  mkdirSync(dataDir, { recursive: true })
  const file = join(dataDir, note)
  const elsewhere = existsSync(file) ? readFileSync(file, "utf8").trim() : dataDir
  return existsSync(elsewhere) ? elsewhere : dataDir
}

/** Below a folder that the account may not enter, such as /root, no cluster can live. It lives in /var/tmp then. */
export const reachableHome = (home: string, account: Account | undefined): string => {
  if (canEnter(home, account)) return home
  removeForgotten()
  const elsewhere = mkdtempSync(prefix)
  chmodSync(elsewhere, 0o755)
  writeFileSync(join(home, note), `${elsewhere}\n`)
  // Second: until it is there, another process does not take this one for forgotten.
  writeFileSync(join(elsewhere, owner), join(home, note))
  return elsewhere
}

const prefix = "/var/tmp/dev-postgres-"
const owner = "kept-for"

/** Who removes a folder does not know of what lies elsewhere for it. */
const removeForgotten = (): void => {
  for (const name of readdirSync(dirname(prefix))) {
    const elsewhere = join(dirname(prefix), name)
    const file = join(elsewhere, owner)
    // Ours alone: anybody may write to /var/tmp.
    if (!elsewhere.startsWith(prefix)) continue
    if (statSync(elsewhere, { throwIfNoEntry: false })?.uid !== process.getuid?.() || !existsSync(file)) continue
    const named = readFileSync(file, "utf8")
    const isKept = existsSync(named) && readFileSync(named, "utf8").trim() === elsewhere
    const isRunning = existsSync(join(elsewhere, "data", "postmaster.pid"))
    if (!isKept && !isRunning) rmSync(elsewhere, { recursive: true, force: true })
  }
}

const canEnter = (folder: string, account: Account | undefined): boolean =>
  account === undefined ||
  spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", folder], { ...account, env: environment }).status === 0
