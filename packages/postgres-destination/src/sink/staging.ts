/**
 * Where staged records stand: in a temporary table that goes with the transaction; where the role may not make one, in an
 * unlogged table in the schema, made and dropped within the transaction, so that no end of it leaves one behind.
 */
import { DestinationError } from "@batch-exports/core"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import type { Session } from "../connection/Session.ts"
import type { Names } from "../failure/Circumstances.ts"
import * as identifier from "../identifier.ts"
import type { SchemaAccess } from "../target/Target.ts"

export type StagingKind = "temporary" | "unlogged"

export const stagingKind = Effect.fnUntraced(function* (
  session: Session,
  access: SchemaAccess,
): Effect.fn.Return<StagingKind, DestinationError> {
  const { rows } = yield* session.query<{ temporary: boolean }>(
    "asking for the privilege to make temporary tables",
    `SELECT has_database_privilege(current_database(), 'TEMPORARY') AS "temporary"`,
  )
  if (rows[0]?.temporary === true) return "temporary"
  if (access.create) return "unlogged"
  const { database, schema, user } = session.names
  return yield* new DestinationError({
    reason: "PermissionDenied",
    message: `User "${user}" may make neither temporary tables in database "${database}" nor tables in schema "${schema}", and records must be staged in one`,
    remedy: `Run as the database's owner: GRANT TEMPORARY ON DATABASE ${identifier.quote(database)} TO ${identifier.quote(user)};`,
  })
})

/** Short by construction, so that nothing cuts it; of one attempt, so that no other waits for it. */
export const stagingName = (
  { schema, table }: Pick<Names, "schema" | "table">,
  kind: StagingKind,
  attempt: string,
): string => {
  const hash = createHash("sha256").update(`${table}\0${attempt}`, "utf8").digest("hex").slice(0, 16)
  return identifier.qualified(kind === "temporary" ? "pg_temp" : schema, `batch_exports_staging_${hash}`)
}
