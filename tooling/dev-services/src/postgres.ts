/** A temporary Postgres, owned by a keeper process, with TLS and a certificate of its own. */
import { randomBytes } from "node:crypto"
import { Context, Effect, Layer, Option, Schema, type Scope } from "effect"
import type { Certificate } from "./certificates.ts"
import type { DevServiceError } from "./DevServiceError.ts"
import { guardedProcess } from "./guardedProcess.ts"
import { externalPostgres } from "./postgres/external.ts"
import { identity } from "./postgres/identity.ts"
import type { KeeperConfig } from "./postgres/KeeperConfig.ts"

export interface DevPostgres {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** With the password. `sslmode` is `verify-full`, or `disable` without TLS. */
  readonly url: string
  /** PEM of the authority that signed the server's certificate; undefined without TLS. */
  readonly ca: string | undefined
  /** The same, as a file. */
  readonly caFile: string | undefined
  /** True: the server that `DATABASE_URL` names. Nothing was started, and nothing will be stopped. */
  readonly external: boolean
  /** Such as `18.4`. */
  readonly version: string
}

export interface PostgresOptions {
  /** Kept when the scope closes, and used again by the next start, with the same password and authority. */
  readonly dataDir?: string
  /** By default any that is free. With `dataDir`, a server that is stopped can be started again where it was. */
  readonly port?: number
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /** `true` (default): a certificate for this host. Or one of your own, to test how clients meet it. */
  readonly tls?: boolean | Certificate
  /** Also accept connections without TLS. */
  readonly plaintext?: boolean
  /** Clients must present a certificate of `ca`: any, or one with the user's name. */
  readonly clientCertificate?: "verify-ca" | "verify-full"
  /** Signs the server's certificate, and is the one that clients' certificates must be signed by. */
  readonly authority?: Certificate
  /** By default one made for this start, or kept in `dataDir`. */
  readonly password?: string
}

const Ready = Schema.Struct({
  port: Schema.Int,
  version: Schema.String,
  caFile: Schema.optionalKey(Schema.String),
})

export const postgres = Effect.fn("postgres")(function* (
  options: PostgresOptions = {},
): Effect.fn.Return<DevPostgres, DevServiceError, Scope.Scope> {
  const named = yield* externalPostgres
  if (Option.isSome(named)) return named.value
  const { ca, password, server } = yield* identity(options, () => randomBytes(18).toString("base64url"))
  const config: KeeperConfig = {
    user: "postgres",
    password,
    dataDir: options.dataDir,
    port: options.port,
    tls: server === undefined ? undefined : { ...server, authority: ca.cert },
    plaintext: options.plaintext ?? false,
    clientCertificate: options.clientCertificate,
    settings: options.settings ?? {},
  }
  const { caFile, port, version } = yield* guardedProcess({
    name: "the embedded Postgres",
    program: new URL("./postgres/keeper", import.meta.url),
    config,
    Ready,
  })
  const host = "127.0.0.1"
  const tls = caFile === undefined ? "sslmode=disable" : `sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`
  return {
    host,
    port,
    user: config.user,
    password,
    database: "postgres",
    url: `postgres://${config.user}:${encodeURIComponent(password)}@${host}:${port}/postgres?${tls}`,
    ca: server === undefined ? undefined : ca.cert,
    caFile,
    external: false,
    version,
  }
})

export class PostgresServer extends Context.Service<PostgresServer, DevPostgres>()(
  "@batch-exports/dev-services/PostgresServer",
) {
  static readonly layer: Layer.Layer<PostgresServer, DevServiceError> = Layer.effect(this, postgres())
}
