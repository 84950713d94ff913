/** The memory of the ClickHouse engine that this process has started, in bytes; 0 where the system does not say. */
import { readdirSync, readFileSync } from "node:fs"

let found: string | undefined

export const engineMemory = (): number => {
  try {
    found ??= readdirSync("/proc").find((pid) => /^\d+$/.test(pid) && isEngine(pid))
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${found}/status`, "utf8")) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}

const isEngine = (pid: string): boolean => {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8")
    const [, parent] = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
    return command.includes("engine/main") && Number(parent) === process.pid
  } catch {
    // It has ended meanwhile.
    return false
  }
}
