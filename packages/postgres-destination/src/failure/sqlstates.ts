/**
 * The table from Postgres's error codes to reasons: an exact code first, then its class (the first two characters).
 * A code that is in neither is `Unknown`, which stops the export.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
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

const rule = (reason: Reason.Reason, remedy: string | Rule["remedy"], says?: string): Rule => ({
  reason,
  remedy: typeof remedy === "string" ? () => remedy : remedy,
  ...(says === undefined ? {} : { says }),
})

const again = "Nothing was published. The run is tried again."

const rejected = (says: string) =>
  rule(
    "DataRejected",
    "Nothing was published. The window is read once more with doubtful values in their safest form; if that fails too, compare the column's type with the records.",
    says,
  )

const violated = (says: string) =>
  rule(
    "ConstraintViolated",
    ({ names }) =>
      `Nothing was published. Loosen or drop the constraint or trigger on ${identifier.qualified(names.schema, names.table)}, or export to a table without it.`,
    says,
  )

const lost = rule("ConnectionLost", again)

const changed = rule(
  "TargetChanged",
  ({ names }) =>
    `Nothing was published. ${identifier.qualified(names.schema, names.table)} or the ledger changed just now; it is looked at afresh.`,
)

const denied: Rule = rule("PermissionDenied", ({ names, phase }) =>
  phase === "connect"
    ? `Run as the owner of the database: GRANT CONNECT ON DATABASE ${identifier.quote(names.database)} TO ${identifier.quote(names.user)};`
    : `Run as the owner: ${grantSchema(names)} ${grantTable(names)} ${grantLedger(names)}`,
)

export const exact: Readonly<Record<string, Rule>> = {
  "08001": rule("ConnectionFailed", "Check that the server runs and that host and port are right."),
  "08004": rule("ConnectionFailed", "The server refused the connection: check its limits and its pg_hba.conf."),
  "0A000": rule(
    "Unsupported",
    "The server cannot do this with the target: export to an ordinary table without row-level security.",
  ),
  "25006": rule(
    "ReadOnly",
    "Point host at the primary server, and check that neither the server nor the user is read-only.",
  ),
  "25P03": rule("Stalled", `${again} The server ends transactions that idle for too long.`),
  "25P04": rule("Timeout", `${again} Raise transaction_timeout for this user.`),
  "28000": rule(
    "AuthenticationFailed",
    "Check user and password, and the server's pg_hba.conf: it decides who may connect, from where, and whether encrypted.",
  ),
  "28P01": rule("AuthenticationFailed", "Check user and password."),
  "3D000": rule(
    "DatabaseMissing",
    ({ names }) => `Create the database ${identifier.quote(names.database)}, or correct its name.`,
  ),
  "3F000": rule(
    "SchemaMissing",
    ({ names }) => `Create the schema (CREATE SCHEMA ${identifier.quote(names.schema)};), or correct its name.`,
  ),
  "42501": denied,
  "42601": rule("Unknown", "Report this: the server did not understand a statement of ours."),
  "42701": rule(
    "TargetIncompatible",
    "Rename the field: Postgres keeps this column name for itself, or it occurs twice.",
  ),
  "42703": changed,
  "42704": changed,
  "42804": changed,
  "42809": rule("TargetIncompatible", "Export to an ordinary table."),
  "42P01": changed,
  "42P07": changed,
  "44000": violated("a record does not satisfy the view's check option"),
  "53100": rule("DiskFull", `${again} Free space on the database server.`),
  "54001": rejected("a value is nested too deeply"),
  "54011": rule("TargetIncompatible", "Export fewer fields: a Postgres table has at most 1600 columns."),
  "55006": rule("Busy", again),
  "55P03": rule("Busy", `${again} Another run or another session holds a lock that this one needs.`),
  "57014": rule("Timeout", `${again} The statement was cancelled, by a time limit of the server or by a person.`),
  "57P01": lost,
  "57P02": lost,
  "57P03": rule("TooBusy", `${again} The server is starting up or shutting down.`),
  "57P04": rule(
    "DatabaseMissing",
    "The database was dropped while connected to it: create it again, or correct its name.",
  ),
  "57P05": lost,
  "09000": violated("a trigger failed"),
  "27000": violated("a trigger changed data that the statement was changing"),
}

/** What a code says of a value in the middle of COPY, where elsewhere it says something else. */
export const copying: Readonly<Record<string, Rule>> = {
  // Not a lost connection: this is how the input function of a type says that a binary value is too short for it.
  "08P01": rejected("a value is shorter than its type"),
  // Not a changed table: the elements of a binary array carry a type of their own.
  "42804": rejected("an array holds elements of another type than its column"),
}

export const classes: Readonly<Record<string, Rule>> = {
  "08": lost,
  "22": rejected("a value is not valid for its column"),
  "23": violated("a record breaks a constraint"),
  "28": rule("AuthenticationFailed", "Check user, password and the server's pg_hba.conf."),
  "40": rule("Contention", `${again} The server resolved a conflict with another transaction.`),
  "53": rule(
    "TooBusy",
    `${again} The server is out of connections or memory: raise its limits, or let fewer runs go at once.`,
  ),
  "54": rejected("a record exceeds a limit of the server"),
  P0: violated("a trigger or a function on the target raised an error"),
}

/** More exact words for the commonest codes of class 22. */
export const conditions: Readonly<Record<string, string>> = {
  "22001": "a text is longer than its column",
  "22003": "a number is out of its column's range",
  "22007": "a date or time is malformed",
  "22008": "a date or time is out of range",
  "22021": "a text holds bytes that are not valid UTF-8, or NUL",
  "22032": "a JSON document is not valid",
  "22P02": "a value is malformed for its column's type",
  "22P03": "a value is malformed for its column's type",
  "22P04": "the rows are malformed",
  "22P05": "a text holds a character that the database cannot store",
  "23502": "a column that must not be null got a null",
  "23503": "a record breaks a foreign key",
  "23505": "a record breaks a unique key",
  "23514": "a record breaks a check constraint",
  "23P01": "a record breaks an exclusion constraint",
}

export const find = (sqlstate: string): Rule | undefined => exact[sqlstate] ?? classes[sqlstate.slice(0, 2)]
