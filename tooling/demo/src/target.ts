/** A schema for the export and a user with the documented privileges, and no others. */
import type { DevPostgres } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import { type Client, escapeLiteral } from "pg"
import { attempt, type DemoError } from "./DemoError.ts"

export interface Target {
  readonly user: string
  readonly password: string
  readonly schema: string
}

/** Nobody else's: the demo drops it. */
const SCHEMA = "batch_exports_demo"
const USER = "posthog"

/** `fresh`: the data is new, so what an earlier demo left here speaks of other windows. */
export const prepareTarget = (client: Client, server: DevPostgres, fresh: boolean): Effect.Effect<Target, DemoError> =>
  attempt("prepare the schema in Postgres", server.external, async () => {
    if (fresh) await client.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`)
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`)
    // On a server of the user's own, the demo makes no users.
    if (server.external) return { user: server.user, password: server.password, schema: SCHEMA }
    const password = randomBytes(18).toString("base64url")
    const exists = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [USER])
    const verb = exists.rowCount === 0 ? "CREATE" : "ALTER"
    await client.query(`${verb} USER ${USER} WITH PASSWORD ${escapeLiteral(password)}`)
    await client.query(`GRANT CREATE ON SCHEMA ${SCHEMA} TO ${USER}`)
    await client.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO ${USER}`)
    return { user: USER, password, schema: SCHEMA }
  })
