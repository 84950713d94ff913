/** A client for one ClickHouse, for the time of a scope, whose failures are classified. */
import { createClient, type ClickHouseClient, type ClickHouseSettings, ClickHouseLogLevel } from "@clickhouse/client"
import { SourceError } from "@batch-exports/core"
import { Duration, Effect, Redacted, type Scope } from "effect"
import type { ConnectionOptions } from "node:tls"
import type { Config } from "./Config.ts"
import { isEncrypted } from "./config/address.ts"
import { agent } from "./connection/agent.ts"
import { choose } from "./connection/failover.ts"
import { tlsOptions } from "./connection/tlsOptions.ts"
import { classify, type Place } from "./errors/classify.ts"
import type { Compression } from "./read/decompressed.ts"

export interface Connection {
  readonly client: ClickHouseClient
  readonly place: Place
  /** How long the server may be silent. */
  readonly patience: Duration.Duration
  readonly limits: ClickHouseSettings
  /** Of the answers that hold exports. */
  readonly compression: Compression
  readonly failed: (cause: unknown) => SourceError
  /** The rows of a short query. */
  readonly rows: <Row>(query: string, options?: QueryOptions) => Effect.Effect<ReadonlyArray<Row>, SourceError>
}

export interface QueryOptions {
  readonly params?: Readonly<Record<string, unknown>>
  readonly settings?: ClickHouseSettings
  readonly queryId?: string
}

export const connect = Effect.fn("ClickHouseSource.connect")(function* (
  config: Config,
): Effect.fn.Return<Connection, SourceError, Scope.Scope> {
  const tls = yield* tlsOptions(config)
  const url = yield* choose(config, (url) =>
    Effect.scoped(Effect.flatMap(connectTo(config, tls, url), answers(config))),
  )
  return yield* connectTo(config, tls, url)
})

/** Connects to one of the servers that a configuration names. */
export const connectTo = (
  config: Config,
  tls: ConnectionOptions,
  url: string,
): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => createClient(clientOptions(config, tls, url))),
      (client) => Effect.promise(() => client.close()),
    ),
    (client) => fromClient(client, config, url),
  )

const answers = (config: Config) => (connection: Connection) =>
  connection.rows("SELECT 1").pipe(
    Effect.timeoutOrElse({
      duration: config.connectTimeout,
      orElse: () =>
        Effect.fail(
          new SourceError({
            reason: "ConnectionFailed",
            message: `ClickHouse at ${connection.place.url} did not answer within connectTimeout`,
            remedy: "Look whether the server is overloaded, or raise connectTimeout.",
          }),
        ),
    }),
  )

const clientOptions = (config: Config, tls: ConnectionOptions, url: string): Parameters<typeof createClient>[0] => ({
  url,
  ...credentials(config),
  database: config.database,
  request_timeout: Duration.toMillis(config.requestTimeout),
  http_agent: agent({
    encrypted: isEncrypted(url),
    tls,
    connectTimeout: Duration.toMillis(config.connectTimeout),
  }),
  application: "batch-exports",
  // The client would write queries and their errors to the console; failures are reported in one place, by the runner.
  log: { level: ClickHouseLogLevel.OFF },
})

/** A certificate logs in where there is no password; beside one, it is for whoever asks for it on the way. */
const credentials = ({ clientCertificate, password, user }: Config): Parameters<typeof createClient>[0] =>
  clientCertificate !== undefined && Redacted.value(password) === ""
    ? {
        set_basic_auth_header: false,
        http_headers: { "X-ClickHouse-User": user, "X-ClickHouse-SSL-Certificate-Auth": "on" },
      }
    : { username: user, password: Redacted.value(password) }

const fromClient = (client: ClickHouseClient, config: Config, url: string): Connection => {
  const place = { url: new URL(url).origin, secret: Redacted.value(config.password) }
  const failed = (cause: unknown) => classify(cause, place)
  return {
    client,
    place,
    patience: config.requestTimeout,
    limits: { ...config.settings },
    compression: config.compression,
    failed,
    rows: <Row>(query: string, options: QueryOptions = {}) =>
      Effect.tryPromise({
        try: async (signal) => {
          const result = await client.query({
            query,
            format: "JSONEachRow",
            abort_signal: signal,
            ...(options.params === undefined ? {} : { query_params: options.params }),
            ...(options.settings === undefined ? {} : { clickhouse_settings: options.settings }),
            ...(options.queryId === undefined ? {} : { query_id: options.queryId }),
          })
          return await result.json<Row>()
        },
        catch: failed,
      }),
  }
}
