/** Plain connections to the demo's servers, closed with the scope. */
import type { DevClickHouse, DevPostgres } from "@batch-exports/dev-services"
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client"
import { Effect, type Scope } from "effect"
import { Client } from "pg"
import { attempt, type DemoError } from "./DemoError.ts"

export const clickHouse = (server: DevClickHouse): Effect.Effect<ClickHouseClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      createClient({
        url: server.url,
        username: server.user,
        password: server.password,
        // The demo reports its errors itself, once.
        log: { level: ClickHouseLogLevel.OFF },
      }),
    ),
    (client) => Effect.promise(() => client.close()),
  )

export const postgres = (server: DevPostgres): Effect.Effect<Client, DemoError, Scope.Scope> =>
  Effect.acquireRelease(
    attempt("connect to Postgres", server.external, async () => {
      // With a host set apart from the URL, pg would ignore the URL's own sslmode.
      const client = server.external
        ? new Client({ connectionString: server.url })
        : new Client({
            host: server.host,
            port: server.port,
            user: server.user,
            password: server.password,
            database: server.database,
            ...(server.ca === undefined ? {} : { ssl: { ca: server.ca } }),
          })
      await client.connect()
      return client
    }),
    (client) => Effect.promise(() => client.end()),
  )
