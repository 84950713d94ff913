/** The public table of errors: ClickHouse's and the network's, and the reason that each means for a run. */
import { elsewhere } from "./elsewhere.ts"
import { groups } from "./groups.ts"
import * as meanings from "./meanings.ts"
import type { Meaning } from "./meanings.ts"

export type { Meaning } from "./meanings.ts"

export interface Known extends Meaning {
  /** What ClickHouse calls it. */
  readonly name: string
}

const listed = (meaning: Meaning, list: string): ReadonlyArray<readonly [string, Known]> =>
  list
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [code = "", name = ""] = entry.split(":")
      return [code, { ...meaning, name }] as const
    })

/** By ClickHouse's code. What is not in it is of a newer version, and stops. */
export const serverCodes: Readonly<Record<string, Known>> = Object.fromEntries([
  ...groups.flatMap(([meaning, list]) => listed(meaning, list)),
  ...listed(meanings.elsewhere, elsewhere),
])

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
