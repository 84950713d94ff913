/** The public table: ClickHouse's error codes and the system's network errors, and the reason that each means for a run. */
import type { Reason } from "@batch-exports/core"

export interface Meaning {
  readonly reason: Reason.Reason
  /** What failed, as the middle of a sentence after the server's name. */
  readonly says: string
  readonly remedy: string
}

const credentials = {
  reason: "AuthenticationFailed",
  says: "refused the user or the password",
  remedy: "Check user and password, and that this user may connect from here.",
} as const
const denied = {
  reason: "PermissionDenied",
  says: "refused access",
  remedy: "Grant the user SELECT on the exported tables.",
} as const
const settings = {
  reason: "PermissionDenied",
  says: "does not let this user change a setting that exports need",
  remedy: "Give the user a profile with readonly = 2 (or 0) and without constraints on these settings.",
} as const
const missing = {
  reason: "SourceMissing",
  says: "has no such database, table or column",
  remedy: "Check database and table against what is in ClickHouse.",
} as const
const invalid = {
  reason: "QueryInvalid",
  says: "refused the query",
  remedy: "Check that the table has the columns and types of the model, and that the server is not too old.",
} as const
const old = {
  reason: "Unsupported",
  says: "does not know a feature that exports need",
  remedy: "Use ClickHouse 24.8 or newer.",
} as const
const slow = {
  reason: "Timeout",
  says: "stopped the query at its time limit",
  remedy: "Raise settings.max_execution_time, or export shorter windows.",
} as const
const memory = {
  reason: "MemoryLimit",
  says: "stopped the query at its memory limit",
  remedy: "Raise settings.max_memory_usage, lower settings.max_threads, or export shorter windows.",
} as const
const volume = {
  reason: "QueryInvalid",
  says: "stopped the query at a limit on rows or bytes",
  remedy:
    "Raise max_rows_to_read, max_bytes_to_read and max_result_rows in the user's profile, or export shorter windows.",
} as const
const busy = {
  reason: "TooBusy",
  says: "has too much to do, or is stopping",
  remedy: "Lower the load on ClickHouse, or raise its limits.",
} as const
const cancelled = {
  reason: "ConnectionLost",
  says: "cancelled the query",
  remedy: "Somebody may have killed it; otherwise look into the server's log.",
} as const
const network = {
  reason: "ConnectionLost",
  says: "lost its connection to a part of the cluster or to its storage",
  remedy: "Look into the server's log.",
} as const

/** By ClickHouse's code: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
export const serverCodes: Readonly<Record<string, Meaning>> = {
  "8": missing,
  "10": missing,
  "16": missing,
  "47": missing,
  "60": missing,
  "81": missing,
  "218": missing,
  "32": network,
  "209": network,
  "210": network,
  "225": network,
  "279": network,
  "425": network,
  "499": network,
  "999": network,
  "36": invalid,
  "42": invalid,
  "43": invalid,
  "46": invalid,
  "53": invalid,
  "62": invalid,
  "184": invalid,
  "215": invalid,
  "386": invalid,
  "395": invalid,
  "456": invalid,
  "457": invalid,
  "73": old,
  "115": old,
  "446": old,
  "158": volume,
  "191": volume,
  "290": volume,
  "307": volume,
  "396": volume,
  "159": slow,
  "160": slow,
  "173": memory,
  "241": memory,
  "164": settings,
  "452": settings,
  "291": denied,
  "497": denied,
  "192": credentials,
  "193": credentials,
  "194": credentials,
  "195": credentials,
  "516": credentials,
  "201": busy,
  "202": busy,
  "203": busy,
  "236": busy,
  "439": busy,
  "745": busy,
  "216": {
    reason: "Busy",
    says: "is still running the query of an earlier attempt",
    remedy: "Wait until it has ended.",
  },
  "243": { reason: "DiskFull", says: "has no disk space left", remedy: "Free disk space on the ClickHouse server." },
  "394": cancelled,
  "734": cancelled,
}

const unreachable = {
  reason: "ConnectionFailed",
  says: "cannot be reached",
  remedy: "Check url, that ClickHouse runs, and that no firewall is between.",
} as const
const lost = {
  reason: "ConnectionLost",
  says: "closed the connection",
  remedy: "Look into the log of ClickHouse, or of a proxy before it.",
} as const
const untrusted = (says: string, remedy: string): Meaning => ({ reason: "TlsUntrusted", says, remedy })
const unknownAuthority = untrusted(
  "has a certificate of an unknown authority",
  "Give the authority's certificate as rootCertificate; or, knowing that anyone could then answer in the server's place, set selfSigned: true.",
)
const rejected = untrusted(
  "has a certificate that does not hold",
  "Check the server's certificate, its chain, and rootCertificate.",
)
const refused = {
  reason: "AuthenticationFailed",
  says: "refused the client certificate, or asks for one",
  remedy: "Check clientCertificate and clientKey, and the authorities that the server accepts.",
} as const
const plaintext = {
  reason: "TlsUnavailable",
  says: "does not speak TLS on this port, or not in a way that we know",
  remedy: "Use the HTTPS port (often 8443), or write http:// if the network is trusted.",
} as const

/** By the code of Node's error. */
export const networkCodes: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: {
    reason: "HostNotFound",
    says: "has a host name that does not resolve",
    remedy: "Check the host in url.",
  },
  EAI_AGAIN: {
    reason: "ConnectionFailed",
    says: "has a host name that could not be looked up just now",
    remedy: "Check the name server.",
  },
  ECONNREFUSED: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  ETIMEDOUT: unreachable,
  ECONNRESET: lost,
  EPIPE: lost,
  ECONNABORTED: lost,
  UND_ERR_SOCKET: lost,
  ERR_STREAM_PREMATURE_CLOSE: lost,
  HPE_INVALID_CONSTANT: {
    reason: "ConnectionFailed",
    says: "does not answer in HTTP on this port",
    remedy: "Use the HTTP port (often 8123) or the HTTPS port (often 8443), not the native one.",
  },
  EPROTO: plaintext,
  ERR_SSL_WRONG_VERSION_NUMBER: plaintext,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: plaintext,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: refused,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: refused,
  ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED: refused,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: refused,
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: refused,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: refused,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: refused,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: refused,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: plaintext,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: plaintext,
  ERR_SSL_UNSUPPORTED_PROTOCOL: plaintext,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_SIGNATURE_FAILURE: rejected,
  CERT_UNTRUSTED: rejected,
  CERT_REJECTED: rejected,
  CERT_REVOKED: rejected,
  CERT_CHAIN_TOO_LONG: rejected,
  INVALID_CA: rejected,
  INVALID_PURPOSE: rejected,
  PATH_LENGTH_EXCEEDED: rejected,
  CERT_HAS_EXPIRED: untrusted("has a certificate that has expired", "Renew the server's certificate."),
  CERT_NOT_YET_VALID: untrusted("has a certificate that is not valid yet", "Check the clocks of both machines."),
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted(
    "has a certificate for another host name",
    "Use a host in url that the certificate names.",
  ),
}
