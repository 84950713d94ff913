/**
 * Creates what is missing, each in a short transaction of its own. Several runs may find it missing at once: CREATE TABLE IF
 * NOT EXISTS then fails in the catalog (23505 on pg_type), so they queue on an advisory lock and look again.
 */
import type { DestinationError } from "@batch-exports/core"
import { Effect } from "effect"
import type { Session } from "../connection/Session.ts"
import { begin, setLocal, type transactionSettings } from "../connection/transactionSettings.ts"
import { creationLock } from "../ledger/exportKey.ts"
import { readRelation } from "./Target.ts"

export type Preparation =
  | { readonly _tag: "Schema"; readonly name: string; readonly statement: string }
  | { readonly _tag: "Table"; readonly name: string; readonly relation: string; readonly statement: string }
  /** Columns that a table lacks. */
  | { readonly _tag: "Columns"; readonly name: string; readonly statement: string }

/** While ALTER TABLE waits, everybody else waits for it: it gives up soon, and is tried again. */
const alterPatience = 3000

/** Local to the transaction. */
export const settingsFor = ({ _tag }: Preparation, settings: ReturnType<typeof transactionSettings>) =>
  setLocal(
    _tag === "Columns"
      ? settings.map(([name, value]) =>
          name === "lock_timeout" ? [name, String(Math.min(Number(value), alterPatience))] : [name, value],
        )
      : settings,
  )

export const prepare = Effect.fnUntraced(function* (
  session: Session,
  settings: ReturnType<typeof transactionSettings>,
  preparation: Preparation,
): Effect.fn.Return<void, DestinationError> {
  const action = `${preparation._tag === "Columns" ? "adding columns to" : "creating"} ${preparation.name}`
  const local = settingsFor(preparation, settings)
  yield* session.query(action, begin)
  yield* session.query(action, local.sql, local.values)
  yield* queueFor(session, preparation)
  const there = preparation._tag === "Table" && (yield* readRelation(session, preparation.relation)) !== undefined
  if (!there) yield* session.query(action, preparation.statement, [], "create")
  yield* session.query(action, "COMMIT")
})

export const queueFor = (session: Session, { name }: Preparation): Effect.Effect<unknown, DestinationError> =>
  session.query(`waiting for others who create ${name}`, "SELECT pg_advisory_xact_lock($1)", [
    creationLock(session.names.schema, name),
  ])
