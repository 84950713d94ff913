/** What a process holds, for scripts that measure. */
import { execFileSync } from "node:child_process"

export const residentMegabytes = (pid: number | undefined): number =>
  Math.round(Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024)
