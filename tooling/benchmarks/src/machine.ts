/** What a figure was measured on. */
import { existsSync, readFileSync } from "node:fs"
import { cpus, release, totalmem, type } from "node:os"
import type { Servers } from "./servers.ts"

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly system: string
  readonly node: string
  readonly clickHouse: string
  readonly postgres: string
}

export const machine = ({ clickHouse, postgres, versions }: Servers): Machine => ({
  ...host(),
  clickHouse: `${versions.clickHouse} (${clickHouse.external ? "server of CLICKHOUSE_URL" : "embedded engine"})`,
  postgres: `${versions.postgres} (${postgres.external ? "server of DATABASE_URL" : "embedded"})`,
})

export const host = (): Omit<Machine, "clickHouse" | "postgres"> => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memoryBytes: totalmem(),
  system: `${distribution()} (${type()} ${release()})`,
  node: process.versions.node,
})

const distribution = (): string => {
  const file = "/etc/os-release"
  const name = existsSync(file) ? /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync(file, "utf8"))?.[1] : undefined
  return name ?? process.platform
}
