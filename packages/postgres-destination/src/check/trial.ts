/** Goes through a run's whole transaction with no record in it, and rolls it back: finds what no catalog tells. */
import { type DestinationError, Window } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Config } from "../config/Config.ts"
import type { Session } from "../connection/Session.ts"
import { begin, setLocal, transactionSettings } from "../connection/transactionSettings.ts"
import { frames } from "../encodings.ts"
import * as identifier from "../identifier.ts"
import { creationLock } from "../ledger/exportKey.ts"
import * as statements from "../ledger/statements.ts"
import { copy } from "../sink/copy.ts"
import { claimWindow } from "../sink/transaction.ts"
import { copyStatement } from "../sink/write.ts"
import { createTable } from "../target/createTable.ts"
import type { Layout } from "../target/project.ts"
import type { Relation } from "../target/Target.ts"

interface Facts {
  readonly layout: Layout
  readonly target: Relation | undefined
  readonly ledger: Relation | undefined
}

export const trial = Effect.fnUntraced(function* (
  session: Session,
  config: Config,
  { layout, ledger, target }: Facts,
): Effect.fn.Return<void, DestinationError> {
  const { names } = session
  const table = identifier.qualified(names.schema, names.table)
  const columns = layout.projection.columns
  const id = randomUUID()
  const settings = transactionSettings({
    server: session.server,
    lockTimeout: config.lockTimeout,
    stallTimeout: config.stallTimeout,
    run: `check ${id}`,
  })
  const local = setLocal(settings)
  yield* session.query("trying a transaction", begin)
  yield* session.query("trying a transaction", local.sql, local.values)
  const create = Effect.fnUntraced(function* (name: string, statement: string) {
    const action = `trying to create ${identifier.qualified(names.schema, name)}`
    yield* session.query(action, "SELECT pg_advisory_xact_lock($1)", [creationLock(names.schema, name)])
    yield* session.query(action, statement, [], "create")
  })
  if (ledger === undefined) yield* create(names.ledgerTable, statements.createLedger(names))
  if (target === undefined) yield* create(names.table, createTable(names, columns))
  const start = DateTime.makeUnsafe(0)
  const claim: statements.Claim = {
    // No export has this name, so that the trial stands in nobody's way.
    export: `check ${id}`,
    model: "check",
    definition: "check",
    run: id,
    claim: id,
    targetTable: table,
    targetOid: target?.oid ?? 0,
  }
  yield* claimWindow(session, claim, new Window.Window({ start, end: DateTime.add(start, { hours: 1 }) }))
  yield* session.query(`locking ${table}`, `LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`)
  yield* copy(session, {
    action: `copying nothing into ${table}`,
    sql: copyStatement(table, layout.projection),
    frame: frames[layout.projection.encoding],
    incoming: { iterator: nothing, first: { done: true, value: undefined } },
    stallTimeout: config.stallTimeout,
  })
  yield* session.query("rolling the trial back", "ROLLBACK")
})

const nothing: AsyncIterator<Uint8Array> = { next: () => Promise.resolve({ done: true, value: undefined }) }
