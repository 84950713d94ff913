/** A client for one ClickHouse, for the time of a scope, whose failures are classified. */
import { createClient, type ClickHouseClient, type ClickHouseSettings, ClickHouseLogLevel } from "@clickhouse/client"
import type { SourceError } from "@batch-exports/core"
import { Duration, Effect, Redacted, type Scope } from "effect"
import type { Config } from "./Config.ts"
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

export const connect = (config: Config): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => createClient(clientOptions(config))),
      (client) => Effect.promise(() => client.close()),
    ),
    (client) => fromClient(client, config),
  )

const clientOptions = (config: Config): Parameters<typeof createClient>[0] => ({
  url: config.url,
  username: config.user,
  password: Redacted.value(config.password),
  database: config.database,
  request_timeout: Duration.toMillis(config.requestTimeout),
  max_open_connections: 16,
  application: "batch-exports",
  // The client would write queries and their errors to the console; failures are reported in one place, by the runner.
  log: { level: ClickHouseLogLevel.OFF },
  ...(config.ca === undefined ? {} : { tls: { ca_cert: Buffer.from(config.ca) } }),
})

const fromClient = (client: ClickHouseClient, config: Config): Connection => {
  const place = { url: new URL(config.url).origin, secret: Redacted.value(config.password) }
  const failed = (cause: unknown) => classify(cause, place)
  return {
    client,
    place,
    patience: config.requestTimeout,
    limits: limits(config),
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

const limits = ({ settings = {} }: Config): ClickHouseSettings => ({
  ...(settings.maxMemoryUsage === undefined ? {} : { max_memory_usage: String(settings.maxMemoryUsage) }),
  ...(settings.maxExecutionTime === undefined ? {} : { max_execution_time: settings.maxExecutionTime }),
  ...(settings.maxThreads === undefined ? {} : { max_threads: settings.maxThreads }),
})
