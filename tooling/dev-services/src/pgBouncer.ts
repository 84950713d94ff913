/** A temporary PgBouncer in transaction mode in front of a Postgres. The program is the system's: no package of npm's has it. */
import { Effect, Schema, type Scope } from "effect"
import * as certificates from "./certificates.ts"
import type { DevServiceError } from "./DevServiceError.ts"
import { guardedProcess } from "./guardedProcess.ts"
import { findPgBouncer } from "./pgbouncer/find.ts"
import type { KeeperConfig } from "./pgbouncer/KeeperConfig.ts"
import type { DevPostgres } from "./postgres.ts"

export interface DevPgBouncer {
  readonly host: string
  readonly port: number
  /** PEM of the authority that signed the pooler's certificate; undefined without TLS. */
  readonly ca: string | undefined
}

export interface PgBouncerOptions {
  /** The server, and the user whom the pooler asks it about other users' passwords as: a superuser. */
  readonly server: Pick<DevPostgres, "host" | "port" | "user" | "password" | "database" | "ca">
  /** `true` (default): clients must use TLS, and the pooler has a certificate of its own. */
  readonly tls?: boolean
  /** PEM of the authority that clients' certificates must be signed by; they need none without it. */
  readonly clientAuthority?: string
  /** Connections to the server for each user and database. */
  readonly poolSize?: number
}

/** Whether `pgBouncer` can work here: where not, its tests say that they did not run. */
export const hasPgBouncer = (): boolean => findPgBouncer() !== undefined

const Ready = Schema.Struct({ port: Schema.Int })

export const pgBouncer = Effect.fn("pgBouncer")(function* ({
  clientAuthority,
  poolSize = 20,
  server,
  tls = true,
}: PgBouncerOptions): Effect.fn.Return<DevPgBouncer, DevServiceError, Scope.Scope> {
  const ca = yield* certificates.authority("Development PgBouncer")
  const config: KeeperConfig = {
    server: {
      host: server.host,
      port: server.port,
      user: server.user,
      password: server.password,
      database: server.database,
      ca: server.ca,
    },
    tls: tls ? { ...(yield* certificates.server(ca)), clientAuthority } : undefined,
    poolSize,
  }
  const { port } = yield* guardedProcess({
    name: "PgBouncer",
    program: new URL("./pgbouncer/keeper", import.meta.url),
    config,
    Ready,
  })
  return { host: "127.0.0.1", port, ca: tls ? ca.cert : undefined }
})
