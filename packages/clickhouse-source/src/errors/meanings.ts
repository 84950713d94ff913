/** What an error means for a run: the reason, what is said of the server, and what to do. */
import type { Reason } from "@batch-exports/core"

export interface Meaning {
  readonly reason: Reason.Reason
  /** What failed, as the middle of a sentence after the server's name. */
  readonly says: string
  readonly remedy: string
}

export const credentials = {
  reason: "AuthenticationFailed",
  says: "refused the user or the password",
  remedy: "Check user and password, and that this user may connect from here.",
} as const
export const denied = {
  reason: "PermissionDenied",
  says: "refused access",
  remedy: "Grant the user SELECT on the exported tables.",
} as const
export const settings = {
  reason: "PermissionDenied",
  says: "does not let this user change a setting that exports need",
  remedy: "Give the user a profile with readonly = 2 (or 0) and without constraints on these settings.",
} as const
export const missing = {
  reason: "SourceMissing",
  says: "has no such database, table or column",
  remedy: "Check database and table against what is in ClickHouse.",
} as const
export const invalid = {
  reason: "QueryInvalid",
  says: "refused the query",
  remedy: "Check that the table has the columns and types of the model, and that the server is not too old.",
} as const
export const old = {
  reason: "Unsupported",
  says: "does not know a feature that exports need",
  remedy: "Use ClickHouse 24.8 or newer.",
} as const
export const slow = {
  reason: "Timeout",
  says: "stopped the query at its time limit",
  remedy: "Raise settings.max_execution_time, or export shorter windows.",
} as const
export const memory = {
  reason: "MemoryLimit",
  says: "stopped the query at its memory limit",
  remedy: "Raise settings.max_memory_usage, lower settings.max_threads, or export shorter windows.",
} as const
export const volume = {
  reason: "QueryInvalid",
  says: "stopped the query at a limit on rows or bytes",
  remedy:
    "Raise max_rows_to_read, max_bytes_to_read and max_result_rows in the user's profile, or export shorter windows.",
} as const
export const busy = {
  reason: "TooBusy",
  says: "has too much to do, or is stopping",
  remedy: "Lower the load on ClickHouse, or raise its limits.",
} as const
export const cancelled = {
  reason: "ConnectionLost",
  says: "cancelled the query",
  remedy: "Somebody may have killed it; otherwise look into the server's log.",
} as const
export const network = {
  reason: "ConnectionLost",
  says: "lost its connection to a part of the cluster or to its storage",
  remedy: "Look into the server's log.",
} as const
export const values = {
  reason: "QueryInvalid",
  says: "could not compute a value",
  remedy: "A value of the table is not what the query takes it for: mend the query, or the condition under where.",
} as const
export const same = {
  reason: "Busy",
  says: "is still running the query of an earlier attempt",
  remedy: "Wait until it has ended.",
} as const
export const disk = {
  reason: "DiskFull",
  says: "cannot write to its disk",
  remedy: "Free disk space on the ClickHouse server; queries may need it for what does not fit into memory.",
} as const
export const damaged = {
  reason: "SourceIncomplete",
  says: "could not read its own data",
  remedy: "Look into the server's log: a part or a disk may be damaged. Nothing of the window was published.",
} as const
export const internal = {
  reason: "Unknown",
  says: "failed inside, in a way that says nothing about what to do",
  remedy: "Look into the server's log, and report it to ClickHouse.",
} as const
export const elsewhere = {
  reason: "Unknown",
  says: "failed in a way that reading does not, as a rule",
  remedy: "Look the message up, and report it if it should be retried.",
} as const
