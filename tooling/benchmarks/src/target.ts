/** A fresh table for each load, in a schema of its own, for a user with the documented privileges and no others. */
import { Effect, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { escapeIdentifier, escapeLiteral } from "pg"
import { attempt, type BenchmarkError } from "./BenchmarkError.ts"
import type { Place } from "./contestants/Contestant.ts"
import { columns } from "./projection.ts"
import type { Servers } from "./servers.ts"

export interface User {
  readonly user: string
  readonly password: string
}

const USER = "batch_exports_benchmark"
const SCHEMA = "batch_exports_benchmark"
export const TABLE = "events"

/** On a server of the user's own, no user is made. */
export const makeUser = ({ admin, postgres }: Servers): Effect.Effect<User, BenchmarkError> =>
  attempt("make a user", async () => {
    if (postgres.external) return { user: postgres.user, password: postgres.password }
    const password = randomBytes(18).toString("base64url")
    await admin.query(`CREATE USER ${USER} WITH PASSWORD ${escapeLiteral(password)}`)
    return { user: USER, password }
  })

/** Exactly what an export creates. Dropped, with the ledger that stands beside it, when the scope closes. */
export const fresh = (
  { admin, postgres }: Servers,
  { password, user }: User,
): Effect.Effect<Place["postgres"], BenchmarkError, Scope.Scope> =>
  Effect.as(
    Effect.acquireRelease(
      attempt("make a fresh table", async () => {
        const grantee = escapeIdentifier(user)
        await admin.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`)
        await admin.query(`CREATE SCHEMA ${SCHEMA}`)
        await admin.query(`GRANT CREATE, USAGE ON SCHEMA ${SCHEMA} TO ${grantee}`)
        await admin.query(
          `CREATE TABLE ${SCHEMA}.${TABLE} (${columns.map(({ name, type }) => `"${name}" ${type}`).join(", ")})`,
        )
        await admin.query(`GRANT INSERT, SELECT, UPDATE ON ${SCHEMA}.${TABLE} TO ${grantee}`)
      }),
      () =>
        Effect.promise(async () => {
          // After an interruption, ClickHouse may still be inserting by itself; DROP would wait for it.
          if (!postgres.external) {
            await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [user])
          }
          await admin.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`)
        }),
    ),
    {
      host: postgres.host,
      port: postgres.port,
      database: postgres.database,
      user,
      password,
      schema: SCHEMA,
      table: TABLE,
      tls:
        postgres.ca === undefined || postgres.caFile === undefined
          ? undefined
          : { ca: postgres.ca, caFile: postgres.caFile },
    },
  )
