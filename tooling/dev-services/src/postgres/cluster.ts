/** Makes a cluster, or opens an existing one, and writes what each start needs: certificates and the rules of access. */
import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Refusal } from "../Refusal.ts"
import { type Account, give } from "./account.ts"
import { type Binaries, environment } from "./binaries.ts"
import type { KeeperConfig } from "./KeeperConfig.ts"

export interface Cluster {
  readonly data: string
  readonly settings: Readonly<Record<string, string>>
  /** The file of the authority, for whoever connects. */
  readonly caFile: string | undefined
}

export const prepare = (
  config: KeeperConfig,
  home: string,
  binaries: Binaries,
  account: Account | undefined,
): Cluster => {
  const data = join(home, "data")
  const own = (path: string, text: string) => {
    rmSync(path, { force: true })
    writeFileSync(path, text, { mode: 0o600 })
    give(path, account)
    return path
  }
  if (!existsSync(join(data, "PG_VERSION"))) create(config, data, home, binaries, account, own)
  own(join(data, "pg_hba.conf"), rules(config))
  if (config.tls === undefined) return { data, settings: { ssl: "off" }, caFile: undefined }
  const caFile = own(join(home, "authority.crt"), config.tls.authority)
  chmodSync(caFile, 0o644)
  return {
    data,
    settings: {
      ssl: "on",
      ssl_cert_file: own(join(home, "server.crt"), config.tls.cert),
      ssl_key_file: own(join(home, "server.key"), config.tls.key),
      // Only where it is needed: a server that has it sends the authority along, which most servers do not.
      ...(config.clientCertificate === undefined ? {} : { ssl_ca_file: caFile }),
    },
    caFile,
  }
}

/** Data of another major version cannot be read; the server's own message would come without a way out. */
export const assertVersion = (data: string, binaries: Binaries): void => {
  const file = join(data, "PG_VERSION")
  if (!existsSync(file)) return
  const made = readFileSync(file, "utf8").trim()
  if (made !== binaries.version.split(".")[0])
    throw new Refusal(
      `${data} was made by Postgres ${made}, and this is Postgres ${binaries.version}`,
      `Remove the folder to start afresh, or set PG_BIN to the programs of Postgres ${made}.`,
    )
}

const create = (
  config: KeeperConfig,
  data: string,
  home: string,
  binaries: Binaries,
  account: Account | undefined,
  own: (path: string, text: string) => string,
): void => {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  give(data, account)
  const password = own(join(home, "password.init"), config.password)
  const arguments_ = ["-D", data, "-U", config.user, "-A", "scram-sha-256", `--pwfile=${password}`]
  const { error, status, stderr } = spawnSync(
    binaries.initdb,
    [...arguments_, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
    { ...account, env: environment, encoding: "utf8", cwd: data },
  )
  rmSync(password)
  if (status !== 0) {
    rmSync(data, { recursive: true, force: true })
    throw new Refusal(
      `initdb failed: ${error?.message ?? stderr.trim()}`,
      "Correct that, or set DATABASE_URL to a server of your own.",
    )
  }
}

/** Plaintext is refused unless asked for; a Unix socket exists only where the settings name a folder for it. */
const rules = (config: KeeperConfig): string => {
  const certificate = config.clientCertificate === undefined ? "" : ` clientcert=${config.clientCertificate}`
  const plaintext = config.tls === undefined || config.plaintext
  return [
    "local all all scram-sha-256",
    ...["all", "replication"].flatMap((database) => [
      ...(config.tls === undefined ? [] : [`hostssl ${database} all samehost scram-sha-256${certificate}`]),
      ...(plaintext ? [`hostnossl ${database} all samehost scram-sha-256`] : []),
    ]),
    "",
  ].join("\n")
}
