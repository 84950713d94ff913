/**
 * Every class of error codes that Postgres has: what a code means that is not listed by itself. A code of a class that is not
 * here is `Unknown`, which stops the export.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
import { again, defect, lost, rejected, rule, type Rule, violated } from "./Rule.ts"

const byTrigger = violated("a trigger or a function on the target failed")

export const classes: Readonly<Record<string, readonly [title: string, rule: Rule]>> = {
  "00": ["Successful completion", defect],
  "01": ["Warning", defect],
  "02": ["No data", defect],
  "03": ["SQL statement not yet complete", defect],
  "08": ["Connection exception", lost],
  "09": ["Triggered action exception", byTrigger],
  "0A": [
    "Feature not supported",
    rule("Unsupported", "The server cannot do this with the target: export to an ordinary table."),
  ],
  "0B": ["Invalid transaction initiation", defect],
  "0F": ["Locator exception", byTrigger],
  "0L": ["Invalid grantor", byTrigger],
  "0P": [
    "Invalid role specification",
    rule("PermissionDenied", "Check the roles that the user, or a trigger on the target, takes on."),
  ],
  "0Z": ["Diagnostics exception", byTrigger],
  "10": ["XQuery error", byTrigger],
  "20": ["Case not found", byTrigger],
  "21": [
    "Cardinality violation",
    rule(
      "Unknown",
      "Look at the triggers on the target; if none of them raised it, report this: it is a defect of ours.",
    ),
  ],
  "22": ["Data exception", rejected("a value is not valid for its column")],
  "23": ["Integrity constraint violation", violated("a record breaks a constraint")],
  "24": ["Invalid cursor state", defect],
  "25": ["Invalid transaction state", defect],
  "26": [
    "Invalid SQL statement name",
    rule("Unknown", "A pooler in statement mode cannot be used: set it to transaction or session mode."),
  ],
  "27": ["Triggered data change violation", violated("a trigger changed data that the statement was changing")],
  "28": [
    "Invalid authorization specification",
    rule("AuthenticationFailed", "Check user, password and the server's pg_hba.conf."),
  ],
  "2B": ["Dependent privilege descriptors still exist", defect],
  "2D": ["Invalid transaction termination", byTrigger],
  "2F": ["SQL routine exception", byTrigger],
  "34": ["Invalid cursor name", defect],
  "38": ["External routine exception", byTrigger],
  "39": ["External routine invocation exception", byTrigger],
  "3B": ["Savepoint exception", defect],
  "3D": [
    "Invalid catalog name",
    rule("DatabaseMissing", "Create the database, or correct its name: the server knows none of that name."),
  ],
  "3F": [
    "Invalid schema name",
    rule("SchemaMissing", "Create the schema, or correct its name: the database has none of that name."),
  ],
  "40": [
    "Transaction rollback",
    rule("Contention", `${again} The server resolved a conflict with another transaction.`),
  ],
  "42": ["Syntax error or access rule violation", defect],
  "44": ["WITH CHECK OPTION violation", violated("a record does not satisfy the view's check option")],
  "53": [
    "Insufficient resources",
    rule(
      "TooBusy",
      `${again} The server is out of connections or memory: raise its limits, or let fewer runs go at once.`,
    ),
  ],
  "54": ["Program limit exceeded", rejected("a record exceeds a limit of the server")],
  "55": [
    "Object not in prerequisite state",
    rule("TargetIncompatible", "The server says what the table lacks: correct that, or export to another table."),
  ],
  "57": ["Operator intervention", lost],
  "58": [
    "System error",
    rule("Unknown", "The server could not use its own files: read its log, and look after its storage."),
  ],
  F0: ["Configuration file error", rule("Unknown", "Correct the server's configuration.")],
  HV: [
    "Foreign data wrapper error",
    rule("Unsupported", "Export to an ordinary table: a foreign one does not commit together with the ledger."),
  ],
  P0: ["PL/pgSQL error", violated("a trigger or a function on the target raised an error")],
  XX: [
    "Internal error",
    rule("Unknown", "The server itself is broken here: read its log. An index may need REINDEX, or a table repair."),
  ],
}
