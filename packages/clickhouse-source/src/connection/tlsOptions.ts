/** Turns the encryption that a configuration asks for into what Node's TLS takes. Reads the certificate files. */
import { SourceError } from "@batch-exports/core"
import { Effect, Redacted } from "effect"
import { readFile } from "node:fs/promises"
import * as tls from "node:tls"
import { isEncrypted } from "../config/address.ts"
import type { Config } from "../Config.ts"

export const tlsOptions = Effect.fnUntraced(function* (
  config: Config,
): Effect.fn.Return<tls.ConnectionOptions, SourceError> {
  if (!isEncrypted(config.url)) return {}
  const { clientCertificate, clientKey, clientKeyPassphrase, rootCertificate, selfSigned } = config
  const ca = rootCertificate === undefined ? undefined : yield* pem("rootCertificate", rootCertificate)
  const cert = clientCertificate === undefined ? undefined : yield* pem("clientCertificate", clientCertificate)
  const key = clientKey === undefined ? undefined : yield* pem("clientKey", Redacted.value(clientKey))
  if (ca === undefined && cert === undefined && !selfSigned) return { secureContext: system() }
  const secureContext = yield* Effect.try({
    try: () =>
      tls.createSecureContext({
        ca: ca ?? (selfSigned ? [] : authorities()),
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
        ...(clientKeyPassphrase === undefined ? {} : { passphrase: Redacted.value(clientKeyPassphrase) }),
      }),
    // OpenSSL's words may quote what it could not read: they are not repeated.
    catch: () =>
      cert === undefined
        ? unusable("rootCertificate", "is not valid PEM")
        : unusable(
            "clientCertificate or clientKey",
            "is not valid PEM, or the two do not match, or the key is encrypted and clientKeyPassphrase does not open it",
          ),
  })
  return { secureContext, rejectUnauthorized: !selfSigned }
})

/** Node's own list leaves out what an operator added to the machine; the machine's may be absent in a small container. */
const authorities = (): Array<string> => [
  ...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")]),
]

/** Made once: to read some hundred certificates takes longer than many a query. */
const system = (): tls.SecureContext => (systemContext ??= tls.createSecureContext({ ca: authorities() }))
let systemContext: tls.SecureContext | undefined

const pem = (setting: string, value: string): Effect.Effect<string, SourceError> =>
  value.includes("-----BEGIN ")
    ? Effect.succeed(value)
    : Effect.tryPromise({
        try: () => readFile(value, "utf8"),
        catch: (error) => unusable(setting, `cannot be read (${codeOf(error)})`),
      })

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown"

const unusable = (setting: string, problem: string): SourceError =>
  new SourceError({
    reason: setting === "rootCertificate" ? "TlsUntrusted" : "AuthenticationFailed",
    message: `no encrypted connection to ClickHouse could be prepared: ${setting} ${problem}`,
    remedy: `Set ${setting} to PEM text (-----BEGIN …), or to the path of a PEM file that this process may read.`,
  })
