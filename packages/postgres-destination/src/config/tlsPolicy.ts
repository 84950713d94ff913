/**
 * Which encryption a configuration asks for. Pure: it says what is to be verified and which settings contradict each
 * other, and opens nothing.
 */
import { isIPv4 } from "node:net"

export interface TlsSettings {
  readonly host: string
  readonly selfSigned: boolean
  readonly rootCertificate?: string
  readonly sslmode?: "disable" | "require" | "verify-ca" | "verify-full"
  readonly clientCertificate?: string
  readonly clientKey?: unknown
  readonly clientKeyPassphrase?: unknown
}

/** `full`: certificate and host name. `ca`: the certificate alone. `none`: encrypted, but anyone may answer. */
export type TlsPolicy =
  | { readonly _tag: "Plaintext" }
  | { readonly _tag: "Encrypted"; readonly verify: "none" | "ca" | "full"; readonly authorities: "system" | "given" }

/** https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION */
export const tlsPolicy = (settings: TlsSettings): TlsPolicy => {
  const authorities = settings.rootCertificate === undefined ? "system" : "given"
  const encrypted = (verify: "none" | "ca" | "full"): TlsPolicy => ({ _tag: "Encrypted", verify, authorities })
  switch (settings.sslmode) {
    case "disable":
      return { _tag: "Plaintext" }
    case "require":
      // libpq: with a root certificate at hand, `require` verifies against it as `verify-ca` does.
      return encrypted(settings.rootCertificate === undefined ? "none" : "ca")
    case "verify-ca":
      return encrypted("ca")
    case "verify-full":
      return encrypted("full")
    case undefined:
      return encrypted(settings.selfSigned ? "none" : "full")
    default:
      return settings.sslmode satisfies never
  }
}

export interface TlsProblem {
  readonly key: "selfSigned" | "rootCertificate" | "sslmode" | "clientCertificate" | "clientKey" | "clientKeyPassphrase"
  readonly message: string
}

/** Settings that contradict each other: guessing which one is meant could turn verification off unseen. */
export const tlsProblems = (settings: TlsSettings): ReadonlyArray<TlsProblem> => {
  const found: Array<TlsProblem> = []
  const { sslmode } = settings
  if (settings.selfSigned && settings.rootCertificate !== undefined) {
    found.push({
      key: "rootCertificate",
      message:
        "selfSigned means not verified, rootCertificate means verified: keep one of them (rootCertificate is safer)",
    })
  }
  if (settings.selfSigned && sslmode !== undefined) {
    found.push({
      key: "sslmode",
      message: `cannot stand beside selfSigned: keep one of them (selfSigned is the same as "require")`,
    })
  }
  if (sslmode === "verify-ca" && settings.rootCertificate === undefined) {
    found.push({
      key: "sslmode",
      message: `"verify-ca" needs rootCertificate: anyone can get a certificate from a public authority, so use "verify-full" there`,
    })
  }
  if (sslmode === "disable") {
    if (settings.rootCertificate !== undefined) {
      found.push({ key: "rootCertificate", message: `has no meaning with sslmode "disable"` })
    }
    if (settings.clientCertificate !== undefined) {
      found.push({ key: "clientCertificate", message: `has no meaning with sslmode "disable"` })
    }
    if (!isLocal(settings.host)) {
      found.push({
        key: "sslmode",
        message: `"disable" is accepted for loopback and Unix sockets only: over a network, the password and the data could be read`,
      })
    }
  } else if (isUnixSocket(settings.host)) {
    found.push({ key: "sslmode", message: `a Unix socket cannot be encrypted: set sslmode to "disable"` })
  }
  if ((settings.clientCertificate === undefined) !== (settings.clientKey === undefined)) {
    found.push(
      settings.clientKey === undefined
        ? { key: "clientKey", message: "is needed with clientCertificate" }
        : { key: "clientCertificate", message: "is needed with clientKey" },
    )
  }
  if (settings.clientKeyPassphrase !== undefined && settings.clientKey === undefined) {
    found.push({ key: "clientKeyPassphrase", message: "has no meaning without clientKey" })
  }
  return found
}

export const isUnixSocket = (host: string): boolean => host.startsWith("/")

const isLocal = (host: string): boolean =>
  isUnixSocket(host) ||
  host.toLowerCase() === "localhost" ||
  host === "::1" ||
  (isIPv4(host) && host.startsWith("127."))
