/** What a receiver's answer, or the lack of one, means for the run. */
import { DestinationError, type Reason } from "@batch-exports/core"

/** Where a status is not listed, its hundred decides; a redirection is none of ours to follow. */
export const statuses: Readonly<Record<number, Reason.Reason>> = {
  401: "AuthenticationFailed",
  403: "PermissionDenied",
  404: "TargetIncompatible",
  405: "TargetIncompatible",
  408: "Timeout",
  410: "TargetIncompatible",
  413: "ValueUnfit",
  425: "TooBusy",
  429: "TooBusy",
  504: "Timeout",
}

export const codes: Readonly<Record<string, Reason.Reason>> = {
  ENOTFOUND: "HostNotFound",
  EAI_AGAIN: "ConnectionFailed",
  ECONNREFUSED: "ConnectionFailed",
  EHOSTUNREACH: "ConnectionFailed",
  ENETUNREACH: "ConnectionFailed",
  ECONNRESET: "ConnectionLost",
  EPIPE: "ConnectionLost",
  ETIMEDOUT: "ConnectionLost",
  EPROTO: "TlsUnavailable",
  DEPTH_ZERO_SELF_SIGNED_CERT: "TlsUntrusted",
  SELF_SIGNED_CERT_IN_CHAIN: "TlsUntrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "TlsUntrusted",
  CERT_HAS_EXPIRED: "TlsUntrusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "TlsUntrusted",
  TIMEOUT: "Timeout",
}

export class Answered extends Error {
  readonly status: number
  constructor(status: number) {
    super(`status ${status}`)
    this.status = status
  }
}

const remedies: Partial<Record<Reason.Reason, string>> = {
  AuthenticationFailed: "Give the token that the receiver expects.",
  PermissionDenied: "Let the token post to this URL.",
  TargetIncompatible: "Correct the URL: nothing takes records there.",
  ValueUnfit: "Set smaller batches, maxBytes and maxRows, or raise the receiver's limit.",
  DataRejected: "Look at the receiver's log: it refused the records.",
  HostNotFound: "Correct the host in the URL.",
  TlsUntrusted: "Give the receiver a certificate that this machine trusts.",
}

export const classify = (cause: unknown): DestinationError => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined
  const reason = cause instanceof Answered ? ofStatus(cause.status) : (codes[code ?? ""] ?? "Unknown")
  return new DestinationError({
    reason,
    message: cause instanceof Answered ? `the receiver answered ${cause.status}` : "the receiver did not answer",
    remedy: remedies[reason] ?? "Look whether the receiver runs, and at its log.",
    ...(code === undefined ? {} : { code }),
  })
}

const ofStatus = (status: number): Reason.Reason => {
  const known = statuses[status]
  if (known !== undefined) return known
  if (status >= 500) return "TooBusy"
  return status >= 400 ? "DataRejected" : "Unknown"
}
