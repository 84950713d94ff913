/** The two servers of a benchmark, and what tells how much work they did. */
import { clickHouse, type DevClickHouse, type DevPostgres, postgres } from "@batch-exports/dev-services"
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client"
import { Effect } from "effect"
import { Client } from "pg"
import { attempt } from "./BenchmarkError.ts"
import { childrenOf, commandLine } from "./proc.ts"

export interface Servers {
  readonly clickHouse: DevClickHouse
  readonly client: ClickHouseClient
  readonly postgres: DevPostgres
  /** A superuser's connection, open throughout. */
  readonly admin: Client
  /** Undefined where the server was not started here, or where there is no /proc. */
  readonly enginePid: number | undefined
  readonly postmasterPid: number | undefined
  readonly versions: { readonly clickHouse: string; readonly postgres: string }
}

/**
 * As a production server would be, not as the tests' servers are: a commit waits for the disk. Without autovacuum, which
 * would take its turn in some rounds and not in others; with room for the WAL of one load between two checkpoints.
 */
export const settings = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  autovacuum: "off",
  shared_buffers: "512MB",
  max_wal_size: "16GB",
  checkpoint_timeout: "1h",
}

export const start = Effect.fn("startServers")(function* (options: { readonly tls: boolean }) {
  const ch = yield* clickHouse()
  const server = yield* postgres({ tls: options.tls, settings })
  const client = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createClient({
        url: ch.url,
        username: ch.user,
        password: ch.password,
        request_timeout: 3_600_000,
        log: { level: ClickHouseLogLevel.OFF },
      }),
    ),
    (opened) => Effect.promise(() => opened.close()),
  )
  const admin = yield* Effect.acquireRelease(
    attempt("connect to Postgres", async () => {
      const connected = new Client(
        server.external ? { connectionString: server.url } : { ...login(server), ...ssl(server.ca) },
      )
      await connected.connect()
      return connected
    }),
    (connected) => Effect.promise(() => connected.end()),
  )
  const version = yield* attempt("ask ClickHouse for its version", async () => {
    const result = await client.query({ query: "SELECT version() AS version", format: "JSONEachRow" })
    return (await result.json<{ version: string }>())[0]?.version ?? ""
  })
  const servers: Servers = {
    clickHouse: ch,
    client,
    postgres: server,
    admin,
    enginePid: ch.external ? undefined : findEngine(),
    postmasterPid: server.external ? undefined : yield* findPostmaster(admin),
    versions: { clickHouse: version, postgres: server.version },
  }
  return servers
})

const login = ({ database, host, password, port, user }: DevPostgres) => ({ database, host, password, port, user })

const ssl = (ca: string | undefined) => (ca === undefined ? {} : { ssl: { ca } })

/** The engine runs in a child process of ours. */
const findEngine = (): number | undefined =>
  childrenOf(process.pid).find((pid) => /engine\/main\.[jt]s/.test(commandLine(pid)))

const findPostmaster = (admin: Client) =>
  attempt("find the Postgres process", async () => {
    const { rows } = await admin.query<{ pid: number }>(
      "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid",
    )
    const pid = rows[0]?.pid
    return pid !== undefined && commandLine(pid) !== "" ? pid : undefined
  })
