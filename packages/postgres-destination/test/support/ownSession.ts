/** Statements of a test's own, on a connection that it keeps: to hold a lock, or to be in the way. */
import { Effect } from "effect"
import { Client } from "pg"
import { Postgres } from "./database.ts"

export const ownSession = Effect.gen(function* () {
  const { database, host, password, port, ssl, user } = yield* Postgres
  const client = new Client({ host, port, user, password, database, ssl })
  client.on("error", () => {})
  yield* Effect.acquireRelease(
    Effect.promise(() => client.connect()),
    () => Effect.promise(() => client.end().catch(() => {})),
  )
  return (sql: string) => Effect.promise(async () => (await client.query<Record<string, unknown>>(sql)).rows)
})
