/**
 * What a person may change in the ledger: forget windows, so that they are exported again, and accept a table that was
 * restored as the one that the ledger speaks of.
 */
import { DestinationError, Window } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import type { Config } from "../config/Config.ts"
import { connect, type Session } from "../connection/Session.ts"
import * as identifier from "../identifier.ts"
import { readRelation, type Relation } from "../target/Target.ts"
import * as verify from "../target/verify.ts"
import * as Ledger from "./Ledger.ts"
import * as statements from "./statements.ts"

export const forget: (
  config: Config,
  exportName: string,
  window?: Window.Window,
) => Effect.Effect<number, DestinationError> = Effect.fn("forget")(function* (
  config: Config,
  exportName: string,
  window?: Window.Window,
): Effect.fn.Return<number, DestinationError, Scope.Scope> {
  const session = yield* connect(config)
  const ledger = yield* Ledger.findLedger(session)
  if (ledger === undefined) return 0
  yield* mayDelete(session, ledger)
  if (window !== undefined) yield* whole(session, exportName, window)
  const { sql, values } = statements.forget(session.names, exportName, window)
  const { rowCount } = yield* session.query("forgetting windows", sql, values)
  return rowCount ?? 0
}, Effect.scoped)

/** A window commits as one: half of it cannot be told from the other half. */
const whole = Effect.fnUntraced(function* (
  session: Session,
  exportName: string,
  window: Window.Window,
): Effect.fn.Return<void, DestinationError> {
  const rows = yield* Ledger.overlapping(session, exportName, window)
  const cut = rows.filter((row) => !Window.contains(window, row.window))
  if (cut.length === 0) return
  return yield* new DestinationError({
    reason: "Unsupported",
    message: `${cut.map((row) => Window.format(row.window)).join(", ")} was exported as a whole, and lies only partly within ${Window.format(window)}`,
    remedy: "Nothing was forgotten. Name a window that holds it whole.",
  })
})

/** Of all that the exporter does, this alone deletes, and only rows of its own ledger. */
const mayDelete = Effect.fnUntraced(function* (
  session: Session,
  ledger: Relation,
): Effect.fn.Return<void, DestinationError> {
  const { rows } = yield* session.query<{ granted: boolean }>(
    "asking for privileges on the ledger",
    `SELECT has_table_privilege($1::oid, 'DELETE') AS "granted"`,
    [ledger.oid],
  )
  if (rows[0]?.granted === true) return
  const { ledgerTable, schema, user } = session.names
  return yield* new DestinationError({
    reason: "PermissionDenied",
    message: `User "${user}" may not delete from the ledger ${identifier.qualified(schema, ledgerTable)}`,
    remedy: `Run as its owner: GRANT DELETE ON ${identifier.qualified(schema, ledgerTable)} TO ${identifier.quote(user)};`,
  })
})

export const accept: (config: Config, exportName: string) => Effect.Effect<number, DestinationError> = Effect.fn(
  "accept",
)(function* (config: Config, exportName: string): Effect.fn.Return<number, DestinationError, Scope.Scope> {
  const session = yield* connect(config)
  if ((yield* Ledger.findLedger(session)) === undefined) return 0
  const table = identifier.qualified(session.names.schema, session.names.table)
  const target = yield* readRelation(session, session.names.table)
  if (target === undefined) {
    return yield* new DestinationError({
      reason: "TargetReplaced",
      message: `${table} does not exist: there is nothing to accept`,
      remedy: "Restore the table first; or forget the windows, so that they are exported again.",
    })
  }
  yield* Effect.fromResult(verify.relation(target, session.names))
  const { sql, values } = statements.accept(session.names, exportName, table, target.oid)
  const { rowCount } = yield* session.query("accepting the table", sql, values)
  return rowCount ?? 0
}, Effect.scoped)
