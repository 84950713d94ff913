/**
 * Creates a table that is missing, in a short transaction of its own. Several runs may find it missing at once: CREATE
 * TABLE IF NOT EXISTS then fails in the catalog (23505 on pg_type), so they queue on an advisory lock and look again.
 */
import type { DestinationError } from "@batch-exports/core"
import { Effect } from "effect"
import type { Session } from "../connection/Session.ts"
import { begin, setLocal, type transactionSettings } from "../connection/transactionSettings.ts"
import * as identifier from "../identifier.ts"
import { creationLock } from "../ledger/exportKey.ts"
import { readRelation } from "./Target.ts"

export interface Creation {
  readonly name: string
  readonly statement: string
}

export const createIfMissing = Effect.fnUntraced(function* (
  session: Session,
  settings: ReturnType<typeof transactionSettings>,
  { name, statement }: Creation,
): Effect.fn.Return<void, DestinationError> {
  const action = `creating ${identifier.qualified(session.names.schema, name)}`
  const local = setLocal(settings)
  yield* session.query(action, begin)
  yield* session.query(action, local.sql, local.values)
  yield* session.query(action, "SELECT pg_advisory_xact_lock($1)", [creationLock(session.names.schema, name)])
  if ((yield* readRelation(session, name)) === undefined) yield* session.query(action, statement, [], "create")
  yield* session.query(action, "COMMIT")
})
