/**
 * Certificates for tests: an authority, and what it signs or fails to sign. Elliptic keys, since an RSA key costs more
 * than the rest of a server's start.
 */
import { Effect } from "effect"
import { generate } from "selfsigned"

/** Both PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface ServerOptions {
  /** Names and addresses that the certificate is for. Default: `localhost`, `127.0.0.1` and `::1`. */
  readonly hosts?: ReadonlyArray<string>
  readonly notBefore?: Date
  readonly notAfter?: Date
}

const day = 86_400_000
const defaultHosts = ["localhost", "127.0.0.1", "::1"]

/** An authority of its own kind: nothing trusts it that is not told to. Valid for ten years. */
export const authority = (name = "Test authority"): Effect.Effect<Certificate> =>
  make(name, {
    notBeforeDate: new Date(Date.now() - day),
    notAfterDate: new Date(Date.now() + 3650 * day),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  })

/** A server's certificate, signed by `ca`. Valid for a year. */
export const server = (ca: Certificate, options: ServerOptions = {}): Effect.Effect<Certificate> =>
  make((options.hosts ?? defaultHosts)[0] ?? "localhost", { ...leaf(options), ca })

/** A server's certificate that was valid until yesterday. */
export const expired = (ca: Certificate): Effect.Effect<Certificate> =>
  server(ca, { notBefore: new Date(Date.now() - 30 * day), notAfter: new Date(Date.now() - day) })

/** A valid certificate for another host. */
export const wrongHost = (ca: Certificate, host = "elsewhere.example"): Effect.Effect<Certificate> =>
  server(ca, { hosts: [host] })

/** A server's certificate that no authority signed. */
export const selfSigned = (options: ServerOptions = {}): Effect.Effect<Certificate> =>
  make((options.hosts ?? defaultHosts)[0] ?? "localhost", leaf(options))

/** A client's certificate: Postgres reads the user from the common name. */
export const client = (ca: Certificate, user: string): Effect.Effect<Certificate> =>
  make(user, {
    ca,
    notBeforeDate: new Date(Date.now() - day),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", clientAuth: true },
    ],
  })

type Options = NonNullable<Parameters<typeof generate>[1]>

const leaf = (options: ServerOptions): Options => ({
  // Yesterday, so that two clocks that disagree by minutes do not make a test fail.
  notBeforeDate: options.notBefore ?? new Date(Date.now() - day),
  notAfterDate: options.notAfter ?? new Date(Date.now() + 365 * day),
  extensions: [
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, critical: true },
    { name: "extKeyUsage", serverAuth: true },
    {
      name: "subjectAltName",
      altNames: (options.hosts ?? defaultHosts).map((host) =>
        /^[\d.]+$|:/.test(host) ? { type: 7, ip: host } : { type: 2, value: host },
      ),
    },
  ],
})

const make = (commonName: string, options: Options): Effect.Effect<Certificate> =>
  Effect.map(
    Effect.promise(() =>
      generate([{ name: "commonName", value: commonName }], { keyType: "ec", algorithm: "sha256", ...options }),
    ),
    (made) => ({ cert: made.cert, key: made.private }),
  )
