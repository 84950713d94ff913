/** CPU time and memory of processes, from Linux's /proc. Elsewhere there is nothing to read, and figures are left out. */
import { existsSync, readFileSync } from "node:fs"

export const available = existsSync("/proc/self/stat")

/** In seconds. `reaped` is what its ended children used, theirs included. */
export interface Cpu {
  readonly own: number
  readonly reaped: number
}

/** USER_HZ: 100 on every architecture that Node runs on, whatever the kernel's own tick is. */
const ticksPerSecond = 100

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. The name, in brackets, may hold anything, so count from its end. */
export const parseStat = (text: string): Cpu => {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  const seconds = (index: number) => Number(fields[index]) / ticksPerSecond
  return { own: seconds(11) + seconds(12), reaped: seconds(13) + seconds(14) }
}

/** `VmHWM`, the most memory that the process ever held, in bytes. */
export const parsePeak = (status: string): number => Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024

/** Of a process that may end at any moment: nothing, once it has. */
const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

export const cpuOf = (pid: number): Cpu => {
  const text = read(`/proc/${pid}/stat`)
  return text === "" ? { own: 0, reaped: 0 } : parseStat(text)
}

/**
 * Of the process, its living children, and all that it had before. A child that ends in between would be counted in neither
 * place, or in both: then they are read again.
 */
export const cpuOfFamily = (pid: number): number => {
  for (;;) {
    const { own, reaped } = cpuOf(pid)
    const children = childrenOf(pid)
    const sum = children.reduce((all, child) => all + cpuOf(child).own, own + reaped)
    const still = new Set(childrenOf(pid))
    if (cpuOf(pid).reaped === reaped && children.every((child) => still.has(child) && !isReaped(child))) return sum
  }
}

/** Its parent has taken over its times, and it has not quite gone: `X`. */
const isReaped = (pid: number): boolean => {
  const text = read(`/proc/${pid}/stat`)
  return text === "" || text[text.lastIndexOf(")") + 2] === "X"
}

/** Children of the first thread, which is the one that Node and Postgres start processes from. */
export const childrenOf = (pid: number): ReadonlyArray<number> =>
  read(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .filter((part) => part !== "")
    .map(Number)

export const commandLine = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim()

/** Adds to `peaks` the process and all below it. */
export const notePeaks = (pid: number, peaks: Map<number, number>): void => {
  const peak = parsePeak(read(`/proc/${pid}/status`))
  peaks.set(pid, Math.max(peak, peaks.get(pid) ?? 0))
  for (const child of childrenOf(pid)) notePeaks(child, peaks)
}
