/**
 * Publishes: completes the ledger's rows and commits. Whatever happens after COMMIT has been sent, the answer is found
 * out and not guessed.
 */
import { DestinationError, type Run, Window } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import type { Session } from "../connection/Session.ts"
import * as statements from "../ledger/statements.ts"
import { type LookUp, lookUp } from "./lookUp.ts"
import { claimLost } from "./transaction.ts"

export interface Part {
  readonly window: Window.Window
  readonly stored: Run.Stored
  readonly bytes: number
}

export interface Publication {
  readonly claim: statements.Claim
  readonly parts: readonly [Part, ...Array<Part>]
  /** The windows that the ledger held before. */
  readonly again: ReadonlyArray<Window.Window>
  readonly reconnect: Effect.Effect<Session, DestinationError, Scope.Scope>
  readonly settings: LookUp["settings"]
}

/** Answers with the instant of the commit, in milliseconds since 1970. */
export const publish = Effect.fn("publish")(function* (
  session: Session,
  publication: Publication,
): Effect.fn.Return<number, DestinationError> {
  // Deferred constraints would otherwise speak up during COMMIT, where an error is hard to tell from a lost connection.
  yield* session.query("checking deferred constraints", "SET CONSTRAINTS ALL IMMEDIATE")
  let committedAt = 0
  for (const part of publication.parts) {
    const { sql, values } = statements.complete(session.names, publication.claim, {
      ...part,
      rows: part.stored.received,
    })
    const { rows } = yield* session.query<{ committedAt: number }>("completing the ledger", sql, values)
    const [row] = rows
    if (row === undefined) {
      return yield* new DestinationError({
        reason: "LedgerUnusable",
        message: "The ledger did not keep this run's claim: a trigger or a rule on it interferes",
        remedy: "Nothing was published. Remove triggers and rules from the ledger table.",
      })
    }
    committedAt = row.committedAt
  }
  // An interruption between the server's COMMIT and our hearing of it would leave the outcome unknown for no reason.
  return yield* Effect.uninterruptible(sendCommit(session, publication, committedAt))
})

/** Never pipelined, and a success only if the server says COMMIT: an aborted transaction answers with ROLLBACK, no error. */
const sendCommit = Effect.fnUntraced(function* (
  session: Session,
  publication: Publication,
  committedAt: number,
): Effect.fn.Return<number, DestinationError> {
  const sent = yield* Effect.result(commitStatement(session))
  if (sent._tag === "Success") {
    if (sent.success === "COMMIT") return committedAt
    return yield* new DestinationError({
      reason: "Unknown",
      message: `The server answered ${sent.success} instead of COMMIT: the transaction had failed before`,
      remedy: "Nothing was published. Report this, with the server's log of that moment.",
    })
  }
  if (!sent.failure.unknown) return yield* sent.failure.error
  session.kill()
  return yield* findOut(publication, sent.failure.error)
})

interface Refusal {
  readonly error: DestinationError
  readonly unknown: boolean
}

const commitStatement = (session: Session): Effect.Effect<string, Refusal> =>
  session.query("committing", "COMMIT").pipe(
    Effect.map(({ command }) => command),
    Effect.mapError((error) => ({ error, unknown: isUnknown(error) })),
  )

/**
 * Only an error that the server itself reports about this transaction proves that it was not committed. A terminated
 * session (57P01 …, or 25P04 of a time limit that struck meanwhile) may have committed already; so may one whose pooler (08…)
 * lost the server.
 */
export const isUnknown = (error: DestinationError): boolean =>
  !/^(?!40003|25P0[34])(0A|09|22|23|25|27|40|42|44|54|P0)[0-9A-Z]{3}$/.test(error.code ?? "")

const findOut = Effect.fnUntraced(function* (
  { again, claim, parts, reconnect, settings }: Publication,
  lost: DestinationError,
): Effect.fn.Return<number, DestinationError> {
  const outcome = yield* lookUp({
    reconnect,
    claim,
    window: parts[0].window,
    again: again.some((window) => Window.equals(window, parts[0].window)),
    settings,
  }).pipe(
    Effect.mapError(
      (error) =>
        new DestinationError({
          reason: "CommitUnknown",
          message: `The connection broke during commit, and the outcome could not be looked up. ${error.message}`,
          remedy: "The next attempt asks the ledger: nothing is exported twice.",
          ...(error.code === undefined ? {} : { code: error.code }),
        }),
    ),
  )
  switch (outcome._tag) {
    case "Committed":
      return outcome.committedAt
    case "CommittedByAnother":
      return yield* claimLost(claim.export)
    case "NotCommitted":
      return yield* new DestinationError({
        reason: "ConnectionLost",
        message: "The connection broke during commit; the server did not commit",
        remedy: "Nothing was published. The run is tried again.",
        ...(lost.code === undefined ? {} : { code: lost.code }),
      })
    default:
      return outcome satisfies never
  }
})
