/** Who works on a draft, so that nobody removes the files of a run that is alive. */
import { Schema } from "effect"
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"

export const Owner = Schema.Struct({
  export: Schema.String,
  /** A process is known by its number, and by when it started, within one boot and one namespace of one host. */
  host: Schema.String,
  boot: Schema.String,
  namespace: Schema.String,
  pid: Schema.Int,
  started: Schema.String,
})

export interface Owner extends Schema.Schema.Type<typeof Owner> {}

/** Empty where the system does not say, as outside Linux. */
const said = (read: () => string): string => {
  try {
    return read().trim()
  } catch {
    return ""
  }
}

/** The 22nd field; the second one is a name in parentheses that may hold anything. */
const startOf = (pid: number): string =>
  said(() => {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  })

export const self = (exportName: string): Owner => ({
  export: exportName,
  host: hostname(),
  boot: said(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
  namespace: said(() => readlinkSync("/proc/self/ns/pid")),
  pid: process.pid,
  started: startOf(process.pid),
})

/** A draft that nobody here can judge is given up after a day without a sign of life. */
export const patience = 24 * 3_600_000
export const heartbeat = 10 * 60_000

export const isAlive = (owner: Owner | undefined, lastSeen: number, now: number): boolean => {
  const quiet = now - lastSeen > patience
  if (owner === undefined) return !quiet
  const me = self("")
  if (owner.host !== me.host || owner.namespace !== me.namespace) return !quiet
  // The same host after a restart.
  if (owner.boot !== me.boot) return false
  return running(owner.pid) && owner.started === startOf(owner.pid)
}

const running = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH")
  }
}
