/**
 * The public table: every reason a run can fail for, and what happens next. Sources and destinations map their own
 * errors onto it; the runner's one retry policy reads `recovery` and nothing else.
 */

/** `retry`: the same again, after a delay. `reopen`: look at the target afresh, at once. `stop`: a person must act. */
export type Recovery = "retry" | "reopen" | "stop"

export interface Entry {
  readonly recovery: Recovery
  readonly means: string
}

export const reasons = {
  // Reaching the server
  HostNotFound: { recovery: "stop", means: "The host name does not resolve." },
  ConnectionFailed: { recovery: "retry", means: "The server could not be reached, or refused the connection." },
  ConnectionLost: { recovery: "retry", means: "The connection broke before the work was committed." },
  AuthenticationFailed: { recovery: "stop", means: "The server refused the user or the password." },
  TlsUnavailable: { recovery: "stop", means: "The server does not offer an encrypted connection." },
  TlsUntrusted: { recovery: "stop", means: "The server's certificate could not be verified." },
  TooBusy: { recovery: "retry", means: "The server has no free connections or memory, or is starting or stopping." },
  Stalled: { recovery: "retry", means: "No progress within the allowed time." },
  // The target
  DatabaseMissing: { recovery: "stop", means: "The database does not exist." },
  SchemaMissing: { recovery: "stop", means: "The schema does not exist." },
  PermissionDenied: { recovery: "stop", means: "The user lacks a privilege." },
  ReadOnly: { recovery: "stop", means: "The server accepts no writes: a standby, or set to read-only." },
  TargetIncompatible: { recovery: "stop", means: "The target exists and cannot take these records." },
  TargetChanged: { recovery: "reopen", means: "The target changed while the run was under way." },
  TargetReplaced: { recovery: "stop", means: "The target is not the one that the ledger speaks of." },
  LedgerUnusable: { recovery: "stop", means: "The ledger exists, but cannot be read or written." },
  // Running
  Busy: { recovery: "retry", means: "Another run holds this window or the target." },
  ClaimLost: { recovery: "reopen", means: "Another run committed this window, or a part of it, first." },
  Contention: { recovery: "retry", means: "Deadlock or serialization failure: the server asks for a new attempt." },
  Timeout: { recovery: "retry", means: "A statement or a query ran longer than its limit." },
  DiskFull: { recovery: "retry", means: "The server has no space left." },
  CommitUnknown: {
    recovery: "reopen",
    means: "The connection broke during commit; the next attempt finds out what happened.",
  },
  // The data
  CountMismatch: { recovery: "reopen", means: "Source and destination counted different numbers of records." },
  SourceIncomplete: { recovery: "retry", means: "The source's answer ended without proof that it is whole." },
  DataRejected: { recovery: "stop", means: "The destination refused a value." },
  ValueUnfit: { recovery: "stop", means: "A value does not fit where the export may not adjust it." },
  ConstraintViolated: { recovery: "stop", means: "A constraint of the user's refused a record." },
  // Asking for what is not there
  SourceMissing: { recovery: "stop", means: "The database, table or column to read does not exist." },
  QueryInvalid: { recovery: "stop", means: "The source refused the query." },
  MemoryLimit: { recovery: "retry", means: "The query needed more memory than it is allowed." },
  WindowOpen: { recovery: "stop", means: "The window has not ended yet." },
  Unsupported: { recovery: "stop", means: "The destination or the source does not do what the export asks for." },
  Misuse: { recovery: "stop", means: "The contract was not kept: a defect in a source, a destination or the runner." },
  Unknown: { recovery: "stop", means: "An error that this table does not know." },
} as const satisfies Record<string, Entry>

export type Reason = keyof typeof reasons

export const all = Object.keys(reasons) as [Reason, ...Array<Reason>]

export const recovery = (reason: Reason): Recovery => reasons[reason].recovery
