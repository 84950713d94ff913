/** What an error of the server becomes: the rules of the table, and the phrases that several of them share. */
import type { Reason } from "@batch-exports/core"
import * as identifier from "../identifier.ts"
import { type Circumstances, grantLedger, grantSchema, grantTable } from "./Circumstances.ts"

export interface Rule {
  readonly reason: Reason.Reason
  readonly remedy: (at: Circumstances) => string
  /**
   * Said in place of the server's own message, where that message may quote the user's data (`invalid input syntax for
   * type integer: "…"`).
   */
  readonly says?: string
}

export const rule = (reason: Reason.Reason, remedy: string | Rule["remedy"], says?: string): Rule => ({
  reason,
  remedy: typeof remedy === "string" ? () => remedy : remedy,
  ...(says === undefined ? {} : { says }),
})

export const again = "Nothing was published. The run is tried again."

export const rejected = (says: string): Rule =>
  rule(
    "DataRejected",
    "Nothing was published. The window is read once more with doubtful values in their safest form; if that fails too, compare the column's type with the records.",
    says,
  )

export const violated = (says: string): Rule =>
  rule(
    "ConstraintViolated",
    ({ names }) =>
      `Nothing was published. Loosen or drop the constraint or trigger on ${identifier.qualified(names.schema, names.table)}, or export to a table without it.`,
    says,
  )

export const lost: Rule = rule("ConnectionLost", again)

export const changed: Rule = rule(
  "TargetChanged",
  ({ names }) =>
    `Nothing was published. ${identifier.qualified(names.schema, names.table)} or the ledger changed just now; it is looked at afresh.`,
)

export const denied: Rule = rule("PermissionDenied", ({ names, phase }) =>
  phase === "connect"
    ? `Run as the owner of the database: GRANT CONNECT ON DATABASE ${identifier.quote(names.database)} TO ${identifier.quote(names.user)};`
    : `Run as the owner: ${grantSchema(names)} ${grantTable(names)} ${grantLedger(names)}`,
)

/** Nothing that an operator of a sound server can meet. */
export const defect: Rule = rule(
  "Unknown",
  "Report this: a statement of ours was not what the server expected. Nothing was published.",
)
