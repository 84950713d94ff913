/** Writes one missing window. The first one opens the transaction, and creates the tables that are missing before that. */
import { type Destination, DestinationError, type Run } from "@batch-exports/core"
import { type Duration, Effect } from "effect"
import type { Session } from "../connection/Session.ts"
import type { transactionSettings } from "../connection/transactionSettings.ts"
import { copyOptions, frames } from "../encodings.ts"
import { targetChanged } from "../failure/targetChanged.ts"
import * as identifier from "../identifier.ts"
import * as statements from "../ledger/statements.ts"
import { createIfMissing } from "../target/create.ts"
import { createTable } from "../target/createTable.ts"
import type { Layout } from "../target/project.ts"
import { readTarget, type Target } from "../target/Target.ts"
import { copy, type Copied, firstBytes, release } from "./copy.ts"
import { layOut, type Survey } from "./survey.ts"
import { beginTransaction } from "./transaction.ts"

export interface Attempt {
  /** A UUID: the ledger's rows of this attempt carry it. */
  readonly id: string
  readonly run: Run.Run
  readonly seen: Survey
  readonly settings: ReturnType<typeof transactionSettings>
  readonly stallTimeout: Duration.Duration
}

/** `claim` is absent on the first call: then the transaction begins, late, so that it holds no lock while the source prepares. */
export const write = Effect.fn("write")(function* (
  session: Session,
  attempt: Attempt,
  part: Destination.Part,
  claim: statements.Claim | undefined,
): Effect.fn.Return<{ readonly claim: statements.Claim; readonly copied: Copied }, DestinationError> {
  const table = identifier.qualified(session.names.schema, session.names.table)
  const action = `copying into ${table}`
  const { seen, stallTimeout } = attempt
  const { projection } = seen
  const incoming = yield* firstBytes(part.bytes, claim && { action, stallTimeout })
  return yield* Effect.gen(function* () {
    const claimed = claim ?? (yield* begin(session, attempt))
    const copied = yield* copy(session, {
      action,
      sql: copyStatement(table, projection),
      frame: frames[projection.encoding],
      incoming,
      stallTimeout,
    })
    return { claim: claimed, copied }
  }).pipe(Effect.onError(() => Effect.sync(() => release(incoming.iterator))))
})

export const copyStatement = (table: string, { columns, encoding }: Layout["projection"]): string =>
  `COPY ${table} (${columns.map(({ field }) => identifier.quote(field.name)).join(", ")}) FROM STDIN (${copyOptions[encoding]})`

const begin = Effect.fnUntraced(function* (
  session: Session,
  attempt: Attempt,
): Effect.fn.Return<statements.Claim, DestinationError> {
  const { run, seen, settings } = attempt
  if (seen.ledger === undefined) {
    yield* createIfMissing(session, settings, {
      name: session.names.ledgerTable,
      statement: statements.createLedger(session.names),
    })
  }
  const target = seen.target ?? (yield* createTarget(session, attempt))
  const claim: statements.Claim = {
    export: run.export,
    model: run.model.name,
    definition: run.definition,
    run: run.id,
    claim: attempt.id,
    targetTable: identifier.qualified(session.names.schema, session.names.table),
    targetOid: target.oid,
  }
  yield* beginTransaction(session, { settings, claim, windows: seen.missing, target })
  return claim
})

/** The source already renders what was planned: a table that someone else created meanwhile must be the same one. */
const createTarget = Effect.fnUntraced(function* (
  session: Session,
  { run, seen, settings }: Attempt,
): Effect.fn.Return<Target, DestinationError> {
  const { projection } = seen
  yield* createIfMissing(session, settings, {
    name: session.names.table,
    statement: createTable(session.names, projection.columns),
  })
  const target = yield* readTarget(session)
  if (target === undefined) return yield* targetChanged(session.names)
  const layout = yield* layOut(session.names, run.model, seen.allowed, target)
  if (JSON.stringify(layout.projection) !== JSON.stringify(projection)) return yield* targetChanged(session.names)
  return target
})
