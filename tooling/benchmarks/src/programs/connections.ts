/** Plain connections to both servers, for programs that load by hand. */
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client"
import { Client } from "pg"
import type { Place } from "../contestants/Contestant.ts"

export const clickHouse = ({ database, password, url, user }: Place["clickHouse"]): ClickHouseClient =>
  createClient({
    url,
    username: user,
    password,
    database,
    request_timeout: 3_600_000,
    // It would warn of the timeout.
    log: { level: ClickHouseLogLevel.OFF },
  })

export const postgres = async ({
  schema: _schema,
  table: _table,
  tls,
  ...login
}: Place["postgres"]): Promise<Client> => {
  const client = new Client({ ...login, ...(tls === undefined ? {} : { ssl: { ca: tls.ca } }) })
  await client.connect()
  return client
}
