/** Turns the encryption that a configuration asks for into what `pg` hands to node's TLS. Reads the certificate files. */
import { DestinationError } from "@batch-exports/core"
import { Effect, Redacted } from "effect"
import { readFile } from "node:fs/promises"
import * as tls from "node:tls"
import { tlsPolicy, type TlsSettings } from "../config/tlsPolicy.ts"

interface Settings extends TlsSettings {
  readonly clientKey?: Redacted.Redacted
  readonly clientKeyPassphrase?: Redacted.Redacted
}

/** False: no encryption. */
export const tlsOptions = Effect.fnUntraced(function* (
  config: Settings,
): Effect.fn.Return<tls.ConnectionOptions | false, DestinationError> {
  const policy = tlsPolicy(config)
  if (policy._tag === "Plaintext") return false
  const ca = config.rootCertificate && (yield* pem("rootCertificate", config.rootCertificate))
  const cert = config.clientCertificate && (yield* pem("clientCertificate", config.clientCertificate))
  const passphrase = config.clientKeyPassphrase
  const key = config.clientKey && (yield* pem("clientKey", Redacted.value(config.clientKey)))
  const isUsual = policy.verify !== "none" && ca === undefined && cert === undefined
  const secureContext = yield* Effect.try({
    try: () =>
      isUsual
        ? systemContext()
        : tls.createSecureContext({
            ca: ca ?? (policy.verify === "none" ? [] : systemAuthorities()),
            ...(cert && key ? { cert, key } : {}),
            ...(passphrase ? { passphrase: Redacted.value(passphrase) } : {}),
          }),
    // OpenSSL's words may quote what it could not read: they are not repeated.
    catch: () =>
      unusable(
        cert ? "clientCertificate or clientKey" : "rootCertificate",
        cert
          ? "is not valid PEM, or the two do not match, or the key is encrypted and clientKeyPassphrase does not open it"
          : "is not valid PEM",
      ),
  })
  return {
    secureContext,
    rejectUnauthorized: policy.verify !== "none",
    ...(policy.verify === "full" ? {} : { checkServerIdentity: () => undefined }),
  }
})

/** Node's own list leaves out what an operator added to the machine; the machine's may be absent in a small container. */
const systemAuthorities = (): Array<string> => {
  authorities ??= [...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])]
  return authorities
}
let authorities: Array<string> | undefined

/** Made once: a context of some hundred certificates takes a megabyte, and longer than all else that a connection needs. */
const systemContext = (): tls.SecureContext => (usual ??= tls.createSecureContext({ ca: systemAuthorities() }))
let usual: tls.SecureContext | undefined

const pem = (setting: string, value: string): Effect.Effect<string, DestinationError> =>
  value.includes("-----BEGIN ")
    ? Effect.succeed(value)
    : Effect.tryPromise({
        try: () => readFile(value, "utf8"),
        catch: (error) => unusable(setting, `cannot be read (${codeOf(error)})`),
      })

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown"

const unusable = (setting: string, problem: string): DestinationError =>
  new DestinationError({
    reason: setting === "rootCertificate" ? "TlsUntrusted" : "AuthenticationFailed",
    message: `While preparing the encrypted connection: ${setting} ${problem}`,
    remedy: `Set ${setting} to PEM text (-----BEGIN …), or to the path of a PEM file that this process may read.`,
  })
