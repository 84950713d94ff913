/** Writes one missing window. The first one opens the transaction, and creates the tables that are missing before that. */
import type { Destination, DestinationError, Run } from "@batch-exports/core"
import { Effect } from "effect"
import type { Config } from "../config/Config.ts"
import type { Session } from "../connection/Session.ts"
import type { transactionSettings } from "../connection/transactionSettings.ts"
import { targetChanged } from "../failure/targetChanged.ts"
import * as identifier from "../identifier.ts"
import type * as statements from "../ledger/statements.ts"
import { prepare } from "../target/create.ts"
import { mayDrop, readTarget, type Target } from "../target/Target.ts"
import { firstBytes, release } from "./copy.ts"
import { intakeFor, layOut } from "./facts.ts"
import { unordered } from "./order.ts"
import type { Survey } from "./survey.ts"
import { take, type Taken } from "./take.ts"
import { beginTransaction } from "./transaction.ts"

export interface Attempt {
  /** A UUID: the ledger's rows of this attempt carry it. */
  readonly id: string
  readonly run: Run.Run
  readonly seen: Survey
  readonly settings: ReturnType<typeof transactionSettings>
  readonly config: Config
}

/** `claim` is absent on the first call: then the transaction begins, late, so that it holds no lock while the source prepares. */
export const write = Effect.fn("write")(function* (
  session: Session,
  attempt: Attempt,
  part: Destination.Part,
  claim: statements.Claim | undefined,
): Effect.fn.Return<{ readonly claim: statements.Claim; readonly taken: Taken }, DestinationError> {
  const table = identifier.qualified(session.names.schema, session.names.table)
  const { config, seen } = attempt
  const incoming = yield* firstBytes(
    part.bytes,
    claim && { action: `copying into ${table}`, stallTimeout: config.stallTimeout },
  )
  return yield* Effect.gen(function* () {
    const claimed = claim ?? (yield* begin(session, attempt))
    const taken = yield* take(
      session,
      {
        config,
        projection: seen.projection,
        intake: seen.intake,
        stagingKind: seen.stagingKind,
        watched: mayDrop(seen.target),
        partitioned: seen.target?.kind === "p",
        attempt: attempt.id,
      },
      incoming,
    )
    return { claim: claimed, taken }
  }).pipe(Effect.onError(() => Effect.sync(() => release(incoming.iterator))))
})

const excludes = {
  Copy: "nothing",
  Insert: "nothing",
  // The unique key sees to it, whoever writes.
  InsertNew: "nothing",
  InsertAbsent: "table",
  Merge: "export",
} as const

const begin = Effect.fnUntraced(function* (
  session: Session,
  attempt: Attempt,
): Effect.fn.Return<statements.Claim, DestinationError> {
  const { run, seen, settings } = attempt
  for (const preparation of seen.preparations) yield* prepare(session, settings, preparation)
  const target = seen.target === undefined || seen.added.length > 0 ? yield* made(session, attempt) : seen.target
  const claim: statements.Claim = {
    export: run.export,
    model: run.model.name,
    definition: run.definition,
    run: run.id,
    claim: attempt.id,
    targetTable: identifier.qualified(session.names.schema, session.names.table),
    targetOid: target.oid,
  }
  yield* beginTransaction(session, {
    settings,
    claim,
    windows: seen.missing,
    again: seen.again,
    target,
    excludes: excludes[seen.intake._tag],
    before: unordered(seen, run).length === 0 ? undefined : run.window.end,
    config: attempt.config,
  })
  return claim
})

/** The source already renders what was planned: a table that someone else created meanwhile must be the same one. */
const made = Effect.fnUntraced(function* (
  session: Session,
  { config, run, seen }: Attempt,
): Effect.fn.Return<Target, DestinationError> {
  const target = yield* readTarget(session)
  if (target === undefined) return yield* targetChanged(session.names)
  const layout = yield* layOut(session.names, run.model, seen.allowed, target, config)
  const { intake } = yield* intakeFor(session.names, config, run, layout, target)
  if (JSON.stringify([layout.projection, intake]) !== JSON.stringify([seen.projection, seen.intake])) {
    return yield* targetChanged(session.names)
  }
  return target
})
