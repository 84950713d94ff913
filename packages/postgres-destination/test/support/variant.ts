/**
 * How the tests of this run reach Postgres: `npm run test:matrix` says it in POSTGRES_VARIANT, as `tls=self-signed,pool=pgbouncer`.
 * Without it: a verified certificate, straight to the server, in the format that the destination prefers.
 */
import { certificates, type DevPostgres, pgBouncer, type PostgresOptions } from "@batch-exports/dev-services"
import { Effect } from "effect"
import type { Settings } from "./run.ts"

export const variants = {
  tls: ["verify-full", "self-signed", "client-certificate", "plaintext"],
  pool: ["none", "pgbouncer"],
  format: ["auto", "text"],
} as const

export type Variant = { readonly [key in keyof typeof variants]: (typeof variants)[key][number] }

export const parseVariant = (text: string): Variant => {
  const said = new Map(text.split(",").map((pair) => pair.trim().split("=") as [string, string | undefined]))
  said.delete("")
  const pick = <V extends string>(key: string, values: readonly [V, ...Array<V>]): V => {
    const value = said.get(key)
    said.delete(key)
    if (value === undefined) return values[0]
    const found = values.find((one) => one === value)
    if (found === undefined) throw new Error(`POSTGRES_VARIANT: ${key} must be one of ${values.join(", ")}`)
    return found
  }
  const variant: Variant = {
    tls: pick("tls", variants.tls),
    pool: pick("pool", variants.pool),
    format: pick("format", variants.format),
  }
  if (said.size > 0) throw new Error(`POSTGRES_VARIANT: there is no ${[...said.keys()].join(", ")}`)
  return variant
}

export const variant = parseVariant(process.env["POSTGRES_VARIANT"] ?? "")

/** For tests that read or cut what goes over the wire: no encryption, whatever the variant has. */
export const plain: Settings = {
  sslmode: "disable",
  rootCertificate: undefined,
  selfSigned: undefined,
  clientCertificate: undefined,
  clientKey: undefined,
}

export interface Arranged {
  /** What a test's own client needs to reach the server, beside host, port, user and password. */
  readonly ssl: false | { readonly ca?: string; readonly rejectUnauthorized?: false; cert?: string; key?: string }
  /** Settings of the destination. */
  readonly settings: Settings
}

/** Of a server for this variant. Plaintext stays on beside it, for `plain`. */
export const arrange = Effect.gen(function* () {
  const authority = yield* certificates.authority()
  const options: PostgresOptions = {
    authority,
    plaintext: true,
    ...(variant.tls === "plaintext" ? { tls: false } : {}),
    ...(variant.tls === "self-signed" ? { tls: yield* certificates.selfSigned() } : {}),
    ...(variant.tls === "client-certificate" ? { clientCertificate: "verify-ca" as const } : {}),
  }
  const mine = yield* certificates.client(authority, "tests")
  const client = { clientCertificate: mine.cert, clientKey: mine.key }
  const arranged = {
    "verify-full": { ssl: { ca: authority.cert }, settings: { rootCertificate: authority.cert } },
    "self-signed": { ssl: { rejectUnauthorized: false }, settings: { selfSigned: true } },
    "client-certificate": {
      ssl: { ca: authority.cert, cert: mine.cert, key: mine.key },
      settings: { rootCertificate: authority.cert, ...client },
    },
    plaintext: { ssl: false, settings: { sslmode: "disable" } },
  } satisfies Record<Variant["tls"], Arranged>
  /** The pooler reaches the server in plaintext where it has no certificate that the pooler could verify, or asks for one. */
  const pooled = Effect.fnUntraced(function* (server: DevPostgres) {
    const { ca, host, port } = yield* pgBouncer({
      server: variant.tls === "verify-full" ? server : { ...server, ca: undefined },
      tls: variant.tls !== "plaintext",
      ...(variant.tls === "client-certificate" ? { clientAuthority: authority.cert } : {}),
    })
    const { settings } = arranged[variant.tls]
    return { ...settings, ...("rootCertificate" in settings ? { rootCertificate: ca } : {}), host, port }
  })
  return { options, pooled, ...(arranged[variant.tls] as Arranged) }
})
