/**
 * The table from Postgres's error codes to reasons: an exact code first, then its class (the first two characters).
 * A code that is in neither is `Unknown`, which stops the export.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
import * as identifier from "../identifier.ts"
import { again, changed, denied, lost, rejected, rule, type Rule, violated } from "./Rule.ts"
import { classes } from "./sqlstateClasses.ts"

export const exact: Readonly<Record<string, Rule>> = {
  "08001": rule("ConnectionFailed", "Check that the server runs and that host and port are right."),
  "08004": rule("ConnectionFailed", "The server refused the connection: check its limits and its pg_hba.conf."),
  "0A000": rule(
    "Unsupported",
    "The server cannot do this with the target: export to an ordinary table without row-level security.",
  ),
  "08007": rule("CommitUnknown", "The next attempt asks the ledger: nothing is exported twice."),
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
  "40002": violated("a record breaks a constraint"),
  "40003": rule("CommitUnknown", "The next attempt asks the ledger: nothing is exported twice."),
  "42501": denied,
  "42601": rule("Unknown", "Report this: the server did not understand a statement of ours."),
  "42622": rule("TargetIncompatible", "Shorten the name: Postgres takes at most 63 bytes."),
  "42701": rule(
    "TargetIncompatible",
    "Rename the field: Postgres keeps this column name for itself, or it occurs twice.",
  ),
  "42703": changed,
  "42704": changed,
  "42804": changed,
  "42846": changed,
  "428C9": changed,
  "42809": rule("TargetIncompatible", "Export to an ordinary table."),
  "42883": rule(
    "Unsupported",
    "The server lacks a function that every Postgres from 12 on has: what answers there may only look like Postgres.",
  ),
  "42P01": changed,
  "42P05": rule(
    "Unknown",
    "A pooler mixes up sessions: set it to transaction mode, and report this if it is there already.",
  ),
  "42P07": changed,
  "42P10": changed,
  "42P22": rule("TargetIncompatible", "Give the column a collation that the server can compare with."),
  "53100": rule("DiskFull", `${again} Free space on the database server.`),
  "54001": rejected("a value is nested too deeply"),
  "53400": rule("TooBusy", `${again} The server says which limit was reached: raise it for this user.`),
  "54011": rule("TargetIncompatible", "Export fewer fields: a Postgres table has at most 1600 columns."),
  "55006": rule("Busy", again),
  "55P03": rule("Busy", `${again} Another run or another session holds a lock that this one needs.`),
  "54023": rule("Unsupported", "Export fewer fields: the server takes no more of them in one statement."),
  "55P02": rule("Unknown", "Report this: the server refused a setting of ours."),
  "57014": rule("Timeout", `${again} The statement was cancelled, by a time limit of the server or by a person.`),
  "57P01": lost,
  "57P02": lost,
  "57P03": rule("TooBusy", `${again} The server is starting up or shutting down.`),
  "57P04": rule(
    "DatabaseMissing",
    "The database was dropped while connected to it: create it again, or correct its name.",
  ),
  "57P05": rule(
    "ConnectionLost",
    `${again} Raise idle_session_timeout for this user above what the source needs to measure a window and to begin its answer.`,
  ),
}

/** What a code says of a value in the middle of COPY, where elsewhere it says something else. */
export const copying: Readonly<Record<string, Rule>> = {
  // Not a lost connection: this is how the input function of a type says that a binary value is too short for it.
  "08P01": rejected("a value is shorter than its type"),
  // Not a changed table: the elements of a binary array carry a type of their own.
  "42804": rejected("an array holds elements of another type than its column"),
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

/** What Postgres calls the codes of this table. */
export const names: Readonly<Record<string, string>> = {
  "08001": "sqlclient_unable_to_establish_sqlconnection",
  "08004": "sqlserver_rejected_establishment_of_sqlconnection",
  "08007": "transaction_resolution_unknown",
  "08P01": "protocol_violation",
  "0A000": "feature_not_supported",
  "22001": "string_data_right_truncation",
  "22003": "numeric_value_out_of_range",
  "22007": "invalid_datetime_format",
  "22008": "datetime_field_overflow",
  "22021": "character_not_in_repertoire",
  "22032": "invalid_json_text",
  "22P02": "invalid_text_representation",
  "22P03": "invalid_binary_representation",
  "22P04": "bad_copy_file_format",
  "22P05": "untranslatable_character",
  "23502": "not_null_violation",
  "23503": "foreign_key_violation",
  "23505": "unique_violation",
  "23514": "check_violation",
  "23P01": "exclusion_violation",
  "25006": "read_only_sql_transaction",
  "25P03": "idle_in_transaction_session_timeout",
  "25P04": "transaction_timeout",
  "28000": "invalid_authorization_specification",
  "28P01": "invalid_password",
  "3D000": "invalid_catalog_name",
  "3F000": "invalid_schema_name",
  "40002": "transaction_integrity_constraint_violation",
  "40003": "statement_completion_unknown",
  "42501": "insufficient_privilege",
  "42601": "syntax_error",
  "42622": "name_too_long",
  "42701": "duplicate_column",
  "42703": "undefined_column",
  "42704": "undefined_object",
  "42804": "datatype_mismatch",
  "42809": "wrong_object_type",
  "42846": "cannot_coerce",
  "42883": "undefined_function",
  "428C9": "generated_always",
  "42P01": "undefined_table",
  "42P05": "duplicate_prepared_statement",
  "42P07": "duplicate_table",
  "42P10": "invalid_column_reference",
  "42P22": "indeterminate_collation",
  "53100": "disk_full",
  "53400": "configuration_limit_exceeded",
  "54001": "statement_too_complex",
  "54011": "too_many_columns",
  "54023": "too_many_arguments",
  "55006": "object_in_use",
  "55P02": "cant_change_runtime_param",
  "55P03": "lock_not_available",
  "57014": "query_canceled",
  "57P01": "admin_shutdown",
  "57P02": "crash_shutdown",
  "57P03": "cannot_connect_now",
  "57P04": "database_dropped",
  "57P05": "idle_session_timeout",
}

export const find = (sqlstate: string): Rule | undefined => exact[sqlstate] ?? classes[sqlstate.slice(0, 2)]?.[1]
