/**
 * Finds out, on a new connection, whether a transaction whose COMMIT was not answered has committed. A SELECT cannot
 * tell: a server that is still busy committing shows nothing yet. The look-up is the claim itself, made again: it waits
 * while the outcome is open, then inserts nothing if the window is there, or one row (rolled back) if it is not.
 */
import { DestinationError, type Window } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import type { Session } from "../connection/Session.ts"
import { begin, setLocal, type transactionSettings } from "../connection/transactionSettings.ts"
import * as Ledger from "../ledger/Ledger.ts"
import * as statements from "../ledger/statements.ts"

export interface LookUp {
  readonly reconnect: Effect.Effect<Session, DestinationError, Scope.Scope>
  readonly claim: statements.Claim
  /** Any of the transaction's windows: they were committed together or not at all. */
  readonly window: Window.Window
  /** Whether the ledger held the window before: a row that is not ours then says that our change of it did not commit. */
  readonly again: boolean
  readonly settings: ReturnType<typeof transactionSettings>
}

export type Outcome =
  | { readonly _tag: "Committed"; readonly committedAt: number }
  | { readonly _tag: "CommittedByAnother" }
  | { readonly _tag: "NotCommitted" }

export const lookUp: (request: LookUp) => Effect.Effect<Outcome, DestinationError> = Effect.fn("lookUp")(function* ({
  again,
  claim,
  reconnect,
  settings,
  window,
}: LookUp): Effect.fn.Return<Outcome, DestinationError, Scope.Scope> {
  const action = "looking up the outcome of the commit"
  const session = yield* reconnect
  const local = setLocal(settings)
  yield* session.query(action, begin)
  yield* session.query(action, local.sql, local.values)
  const { sql, values } = statements.claim(session.names, claim, window)
  const { rowCount } = yield* session.query(action, sql, values)
  if (rowCount === 1) {
    yield* session.query(action, "ROLLBACK")
    return { _tag: "NotCommitted" }
  }
  // A statement of its own, so that it sees what was committed while the claim waited.
  const rows = yield* Ledger.overlapping(session, claim.export, window, again)
  yield* session.query(action, "ROLLBACK")
  const ours = rows.find((row) => row.claim === claim.claim)
  if (ours !== undefined) return { _tag: "Committed", committedAt: ours.committedAt ?? ours.end }
  if (rows.length > 0) return { _tag: again ? "NotCommitted" : "CommittedByAnother" }
  return yield* new DestinationError({
    reason: "CommitUnknown",
    message: "The ledger's row was removed meanwhile.",
    remedy: "The next attempt reads the ledger afresh.",
  })
}, Effect.scoped)
