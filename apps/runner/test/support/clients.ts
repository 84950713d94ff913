/** Clients of the tests' servers, closed with the scope. */
import type { ClickHouseServer, PostgresServer } from "@batch-exports/dev-services"
import { createClient } from "@clickhouse/client"
import { Effect } from "effect"
import { Client } from "pg"

export const clickHouseClient = ({ password, url, user }: ClickHouseServer["Service"]) =>
  Effect.acquireRelease(
    Effect.sync(() => createClient({ url, username: user, password })),
    (client) => Effect.promise(() => client.close()),
  )

export const postgresClient = ({ ca, database, host, password, port, user }: PostgresServer["Service"]) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Client({ host, port, user, password, database, ssl: ca === undefined ? false : { ca } })
      await client.connect()
      await client.query("SET TimeZone = 'UTC'")
      return client
    }),
    (client) => Effect.promise(() => client.end()),
  )
