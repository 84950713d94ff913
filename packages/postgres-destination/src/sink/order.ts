/**
 * Where the table has no version to compare, what is read last wins (`merge: last-read`): then windows must come in order, or an
 * old one would turn records back, and nothing would ever turn them forward again.
 */
import { DestinationError, type Run, Window } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import type { Session } from "../connection/Session.ts"
import * as identifier from "../identifier.ts"
import * as Ledger from "../ledger/Ledger.ts"
import { newColumnType } from "../target/columnTypes.ts"
import type { Decision } from "./intake.ts"

/** The model's versions that the table has no column for, where the order of windows matters for that. */
export const unordered = ({ intake }: Decision, run: Run.Run): ReadonlyArray<string> => {
  const { identity } = run.model
  if (intake._tag !== "Merge" || identity._tag !== "Upsert" || run.endless === true) return []
  const { columns } = intake.merge
  return identity.versions.map(({ version }) => version).filter((version) => !columns.includes(version))
}

/** Fails where one of the windows to send, in order of start, has a later one in the ledger that is not sent after it. */
export const refuseOld = Effect.fnUntraced(function* (
  session: Session,
  run: Run.Run,
  decision: Decision,
  missing: ReadonlyArray<Window.Window>,
  held: ReadonlyArray<{ readonly window: Window.Window }>,
): Effect.fn.Return<void, DestinationError> {
  const lacking = unordered(decision, run)
  const [first] = missing
  if (first === undefined || lacking.length === 0) return
  const within = held.some(
    ({ window }) =>
      DateTime.isGreaterThanOrEqualTo(window.start, first.end) &&
      !missing.some((other) => Window.equals(other, window)),
  )
  if (!within && !(yield* Ledger.holdsLater(session, run.export, run.window.end))) return
  const table = identifier.qualified(session.names.schema, session.names.table)
  const types = new Map(run.model.schema.fields.map(({ name, type }) => [name, newColumnType(type)?.sql ?? "TEXT"]))
  const columns = lacking.map((name) => `ADD COLUMN ${identifier.quote(name)} ${types.get(name)}`)
  return yield* new DestinationError({
    reason: "Unsupported",
    message: `A window after ${Window.format(first)} is exported already, and ${table} has no ${lacking.join(", ")} to tell older records from newer: they would be turned back`,
    remedy: `Run: ALTER TABLE ${table} ${columns.join(", ")};`,
  })
})
