/** Goes through a run's whole transaction with no record in it, and rolls it back: finds what no catalog tells. */
import { type DestinationError, Window } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Config } from "../config/Config.ts"
import type { Session } from "../connection/Session.ts"
import { begin, setLocal, transactionSettings } from "../connection/transactionSettings.ts"
import * as identifier from "../identifier.ts"
import type * as statements from "../ledger/statements.ts"
import type { Decision } from "../sink/intake.ts"
import { preparations } from "../sink/preparations.ts"
import type { StagingKind } from "../sink/staging.ts"
import { take } from "../sink/take.ts"
import { claimWindow } from "../sink/transaction.ts"
import { queueFor, settingsFor } from "../target/create.ts"
import type { Layout } from "../target/project.ts"
import { mayDrop, type Relation, type Target } from "../target/Target.ts"

interface Facts {
  readonly access: { readonly absent: boolean }
  readonly layout: Layout
  readonly decision: Decision
  readonly stagingKind: StagingKind
  readonly target: Target | undefined
  readonly ledger: Relation | undefined
}

export const trial = Effect.fnUntraced(function* (
  session: Session,
  config: Config,
  { access, decision, layout, ledger, stagingKind, target }: Facts,
): Effect.fn.Return<void, DestinationError> {
  const { names } = session
  const table = identifier.qualified(names.schema, names.table)
  const id = randomUUID()
  const settings = transactionSettings({
    server: session.server,
    lockTimeout: config.lockTimeout,
    stallTimeout: config.stallTimeout,
    transactionTimeout: config.transactionTimeout,
    run: `check ${id}`,
  })
  const local = setLocal(settings)
  yield* session.query("trying a transaction", begin)
  yield* session.query("trying a transaction", local.sql, local.values)
  for (const preparation of preparations(names, config, { access, target, ledger, layout, decision })) {
    const patience = settingsFor(preparation, settings)
    yield* session.query("trying a transaction", patience.sql, patience.values)
    yield* queueFor(session, preparation)
    yield* session.query(`trying to create ${preparation.name}`, preparation.statement, [], "create")
  }
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
  const taking = {
    config,
    projection: layout.projection,
    intake: decision.intake,
    stagingKind,
    watched: mayDrop(target),
    partitioned: target?.kind === "p",
    attempt: id,
  }
  yield* take(session, taking, { iterator: nothing, first: { done: true, value: undefined } })
  yield* session.query("rolling the trial back", "ROLLBACK")
})

const nothing: AsyncIterator<Uint8Array> = { next: () => Promise.resolve({ done: true, value: undefined }) }
