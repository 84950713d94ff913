/**
 * Who works on a draft, so that nobody removes the files of a run that is alive. It stands in the name of the draft's folder:
 * a draft without an owner cannot come to be.
 */
import { createHash } from "node:crypto"
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"

/** A process is known by its number, and by when it started, within one boot of one host, or of one container on it. */
export interface Owner {
  readonly draft: string
  readonly pid: number
  readonly started: string
  readonly place: string
  readonly boot: string
}

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

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8)

export const self = (draft: string): Owner => ({
  draft,
  pid: process.pid,
  started: startOf(process.pid),
  place: digest(`${hostname()} ${said(() => readlinkSync("/proc/self/ns/pid"))}`),
  boot: digest(said(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"))),
})

export const format = ({ boot, draft, pid, place, started }: Owner): string =>
  [draft, pid, started, place, boot].join(".")

export const parse = (name: string): Owner | undefined => {
  const parts = /^([0-9a-f]+)\.(\d+)\.(\d*)\.([0-9a-f]+)\.([0-9a-f]+)$/.exec(name)
  if (parts === null) return undefined
  const [, draft = "", pid = "", started = "", place = "", boot = ""] = parts
  return { draft, pid: Number(pid), started, place, boot }
}

/** A draft that nobody here can judge is given up after a day without a sign of life. */
const patience = 24 * 3_600_000
export const heartbeat = 10 * 60_000

export const isAlive = (owner: Owner, lastSeen: number, now: number): boolean => {
  const me = self("")
  if (owner.place !== me.place) return now - lastSeen <= patience
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
