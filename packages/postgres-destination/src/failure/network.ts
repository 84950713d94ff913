/**
 * The table from errors of the network, of TLS and of the driver to reasons. These have no SQLSTATE: the first two carry
 * an errno or an OpenSSL name in `code`; the driver's have only their words.
 */
import type { Reason } from "@batch-exports/core"
import type { Circumstances } from "./Circumstances.ts"

export interface NetworkRule {
  readonly reason: Reason.Reason
  readonly says: string
  readonly remedy: string
}

const unreachable = (says: string): NetworkRule => ({
  reason: "ConnectionFailed",
  says,
  remedy: "Check that the server runs, that host and port are right, and that no firewall stands between.",
})

const untrusted = (says: string): NetworkRule => ({
  reason: "TlsUntrusted",
  says,
  remedy:
    "Give the authority's certificate as rootCertificate; or, knowing that anyone could then answer in the server's place, set selfSigned: true (the box \"Does your Postgres instance have a self-signed SSL certificate?\").",
})

const broken: NetworkRule = {
  reason: "ConnectionLost",
  says: "the connection broke",
  remedy: "Nothing was published. The run is tried again.",
}

export const codes: Readonly<Record<string, NetworkRule>> = {
  ENOTFOUND: {
    reason: "HostNotFound",
    says: "the host name does not resolve",
    remedy: "Correct host, or its DNS record.",
  },
  EAI_NONAME: {
    reason: "HostNotFound",
    says: "the host name does not resolve",
    remedy: "Correct host, or its DNS record.",
  },
  EAI_AGAIN: unreachable("the name server did not answer"),
  ECONNREFUSED: unreachable("nothing accepts connections there"),
  ETIMEDOUT: unreachable("no answer"),
  EHOSTUNREACH: unreachable("no route to the host"),
  EHOSTDOWN: unreachable("the host is down"),
  ENETUNREACH: unreachable("no route to the network"),
  ENETDOWN: unreachable("the network is down"),
  EADDRNOTAVAIL: unreachable("no local address or port is free"),
  ENOENT: unreachable("the Unix socket does not exist"),
  EACCES: unreachable("the system forbids the connection"),
  EMFILE: { reason: "TooBusy", says: "this process has too many open files", remedy: "Let fewer runs go at once." },
  ECONNRESET: broken,
  ECONNABORTED: broken,
  EPIPE: broken,
  ERR_STREAM_PREMATURE_CLOSE: broken,
  ERR_STREAM_DESTROYED: broken,

  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted("the server's certificate is self-signed"),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted("the server's certificate comes from an authority that is not trusted here"),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted(
    "the server's certificate comes from an authority that is not trusted here",
  ),
  UNABLE_TO_GET_ISSUER_CERT: untrusted("the server's certificate comes from an authority that is not known here"),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted(
    "the server's certificate comes from an authority that is not known here",
  ),
  CERT_UNTRUSTED: untrusted("the server's certificate is not trusted here"),
  CERT_SIGNATURE_FAILURE: untrusted("the server's certificate is not signed by the given rootCertificate"),
  CERT_REJECTED: untrusted("the server's certificate is not meant for servers"),
  INVALID_PURPOSE: untrusted("the server's certificate is not meant for servers"),
  INVALID_CA: untrusted("the server's certificate was signed by one that is no authority"),
  CERT_REVOKED: untrusted("the server's certificate has been revoked"),
  CERT_HAS_EXPIRED: {
    ...untrusted("the server's certificate has expired"),
    remedy: "Renew the server's certificate, and check this machine's clock.",
  },
  CERT_NOT_YET_VALID: {
    ...untrusted("the server's certificate is not valid yet"),
    remedy: "Check the clocks of this machine and of the server.",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    ...untrusted("the server's certificate is for another host name"),
    remedy:
      "Set host to a name in the certificate; or give rootCertificate with sslmode: verify-ca, which verifies the certificate and not the name; or set selfSigned: true, which verifies neither.",
  },
}

const wordings: ReadonlyArray<readonly [pattern: RegExp, rule: NetworkRule]> = [
  [
    /does not support SSL connections/,
    {
      reason: "TlsUnavailable",
      says: "the server does not offer encryption",
      remedy:
        "Turn ssl on in the server's configuration. Only on this machine (loopback or Unix socket) may it be done without, with sslmode: disable.",
    },
  ],
  [/error establishing an SSL connection/, unreachable("the server answered the request for encryption with an error")],
  [/timeout expired|connection timeout/, unreachable("no answer within connectTimeout")],
  [/^Connection terminated|is not queryable$|closed and is not queryable/, broken],
  [
    /password/i,
    {
      reason: "AuthenticationFailed",
      says: "the server asks for a password, and none is given",
      remedy: "Set password.",
    },
  ],
  [
    /^SASL|^Unknown authentication/,
    {
      reason: "AuthenticationFailed",
      says: "the server could not prove that it knows the password, or asks for a way to log in that is not supported",
      remedy:
        "Check that host is the right server; it must use scram-sha-256, md5, password or certificate authentication.",
    },
  ],
]

/** Rejections of our client certificate arrive as TLS alerts. */
const alerts: ReadonlyArray<readonly [pattern: RegExp, rule: NetworkRule]> = [
  [
    /^ERR_SSL_.*ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE)/,
    {
      reason: "AuthenticationFailed",
      says: "the server refused the client certificate",
      remedy: "Check clientCertificate and clientKey, and the authorities that the server accepts.",
    },
  ],
  [
    /^ERR_SSL_|^EPROTO$/,
    {
      reason: "TlsUnavailable",
      says: "no encryption could be agreed upon with the server",
      remedy: "The server must speak TLS 1.2 or later. Check that host and port are those of Postgres.",
    },
  ],
]

export const find = (
  error: { readonly code?: unknown; readonly message: string },
  at: Circumstances,
): NetworkRule | undefined => {
  const code = typeof error.code === "string" ? error.code : ""
  const found =
    codes[code] ??
    alerts.find(([pattern]) => pattern.test(code))?.[1] ??
    wordings.find(([pattern]) => pattern.test(error.message))?.[1]
  // Before there is a connection, there is nothing to lose.
  return found === broken && at.phase === "connect"
    ? unreachable("the connection was closed before the log-in was complete")
    : found
}

/** Every rule, with the code or the words that it is found by. */
export const all: ReadonlyArray<{ readonly code: string; readonly rule: NetworkRule }> = [
  ...Object.entries(codes).map(([code, rule]) => ({ code, rule })),
  ...alerts.map(([, rule]) => ({ code: "TLS alert", rule })),
  ...wordings.map(([, rule]) => ({ code: "driver", rule })),
]
