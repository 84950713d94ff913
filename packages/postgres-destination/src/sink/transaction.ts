/** Opens the one transaction of a run: claims its windows, locks the table, and makes sure that it is still the same. */
import { DestinationError, Window } from "@batch-exports/core"
import { type DateTime, Effect } from "effect"
import type { Config } from "../config/Config.ts"
import { evicting } from "../connection/evict.ts"
import * as Lease from "../connection/lease.ts"
import type { Session } from "../connection/Session.ts"
import { begin, setLocal, type transactionSettings } from "../connection/transactionSettings.ts"
import { targetChanged } from "../failure/targetChanged.ts"
import * as identifier from "../identifier.ts"
import { mergeLock, writersLock } from "../ledger/exportKey.ts"
import * as Ledger from "../ledger/Ledger.ts"
import * as statements from "../ledger/statements.ts"
import { readTarget, type Target } from "../target/Target.ts"

export interface Opening {
  readonly settings: ReturnType<typeof transactionSettings>
  readonly claim: statements.Claim
  /** In order of start. */
  readonly windows: ReadonlyArray<Window.Window>
  /** Those of them that the ledger holds already: they are exported again. */
  readonly again: ReadonlyArray<Window.Window>
  readonly target: Target
  /**
   * `export`: records replace older ones, so one run of the export goes at a time. `table`: the run goes by what the table lacks, so
   * no other run writes into it meanwhile. `nothing`: the run adds what it has.
   */
  readonly excludes: "export" | "table" | "nothing"
  /** Where the order of windows matters: none that begins at this instant or later may be there. */
  readonly before: DateTime.Utc | undefined
  readonly config: Pick<Config, "lockTimeout" | "transactionTimeout">
}

export const beginTransaction = Effect.fn("claim")(function* (
  session: Session,
  opening: Opening,
): Effect.fn.Return<void, DestinationError> {
  const local = setLocal(opening.settings)
  yield* session.query("beginning the transaction", begin)
  yield* session.query("beginning the transaction", local.sql, local.values)
  const lease = Lease.take(opening.config.transactionTimeout)
  yield* session.query("beginning the transaction", lease.sql, lease.values)
  session.killAfter(opening.config.transactionTimeout)
  yield* evicting(session, { run: opening.claim.run, ...opening.config }, claimAll(session, opening))
  yield* lockUnchanged(session, opening.target)
})

const claimAll = Effect.fnUntraced(function* (
  session: Session,
  opening: Opening,
): Effect.fn.Return<void, DestinationError> {
  // Before the claims, in every run: otherwise two runs could each hold what the other waits for.
  yield* awaitOthers(session, opening)
  // One of those that were waited for may be a later window.
  const { before, claim } = opening
  if (before !== undefined && (yield* Ledger.holdsLater(session, claim.export, before))) {
    return yield* claimLost(claim.export)
  }
  const held = new Set(opening.again.map(Window.format))
  // In order of start, as every run does: two runs that claim the same windows then cannot wait for each other.
  for (const window of opening.windows) {
    yield* claimWindow(session, opening.claim, window, held.has(Window.format(window)))
  }
})

const awaitOthers = (session: Session, { claim, excludes, target }: Opening) => {
  switch (excludes) {
    case "export":
      return session.query(`waiting for other runs of export "${claim.export}"`, "SELECT pg_advisory_xact_lock($1)", [
        mergeLock(claim.export, target.oid),
      ])
    case "table":
      return session.query(`waiting for other runs into ${claim.targetTable}`, "SELECT pg_advisory_xact_lock($1)", [
        writersLock(target.oid),
      ])
    case "nothing":
      return session.query(
        `waiting for a run that fills ${claim.targetTable}`,
        "SELECT pg_advisory_xact_lock_shared($1)",
        [writersLock(target.oid)],
      )
    default:
      return excludes satisfies never
  }
}

export const claimWindow = Effect.fnUntraced(function* (
  session: Session,
  claim: statements.Claim,
  window: Window.Window,
  again = false,
): Effect.fn.Return<void, DestinationError> {
  const { sql, values } = (again ? statements.retake : statements.claim)(session.names, claim, window)
  const { rowCount } = yield* session.query(`claiming the window for export "${claim.export}"`, sql, values)
  if (rowCount !== 1) return yield* claimLost(claim.export)
})

export const claimLost = (exportName: string): DestinationError =>
  new DestinationError({
    reason: "ClaimLost",
    message: `Another run of export "${exportName}" committed this window, or a part of it, first`,
    remedy: "Nothing was published by this attempt. The ledger is read afresh.",
  })

/** Postgres would store what was rendered for the old column types, sometimes without an error. */
export const lockUnchanged = Effect.fnUntraced(function* (
  session: Session,
  expected: Target,
): Effect.fn.Return<void, DestinationError> {
  const table = identifier.qualified(session.names.schema, session.names.table)
  yield* session.query(`locking ${table}`, `LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`)
  const target = yield* readTarget(session)
  if (JSON.stringify(target) !== JSON.stringify(expected)) return yield* targetChanged(session.names)
})
