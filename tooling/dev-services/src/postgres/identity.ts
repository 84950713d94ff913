/** The password and the authority of a cluster: made once, and kept beside a cluster that is kept. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import * as certificates from "../certificates.ts"
import { DevServiceError } from "../DevServiceError.ts"
import type { PostgresOptions } from "../postgres.ts"

export interface Identity {
  readonly password: string
  readonly ca: certificates.Certificate
  /** Undefined: no TLS. */
  readonly server: certificates.Certificate | undefined
}

export const identity = Effect.fn("identity")(function* (
  options: PostgresOptions,
  randomPassword: () => string,
): Effect.fn.Return<Identity, DevServiceError> {
  const kept = options.dataDir === undefined ? undefined : yield* attempt(options.dataDir, read)
  const password = kept?.password ?? options.password ?? randomPassword()
  const ca = options.authority ?? kept?.ca ?? (yield* certificates.authority("Development Postgres"))
  const { dataDir } = options
  if (dataDir !== undefined) yield* attempt(dataDir, () => write(dataDir, { password, ca }))
  return { password, ca, server: yield* serverCertificate(options.tls ?? true, ca) }
})

const serverCertificate = (tls: boolean | certificates.Certificate, ca: certificates.Certificate) => {
  if (tls === false) return Effect.succeed(undefined)
  return tls === true ? certificates.server(ca) : Effect.succeed(tls)
}

type Kept = Pick<Identity, "password" | "ca">
const names = { password: "password", cert: "ca.crt", key: "ca.key" }

const read = (dataDir: string): Kept | undefined => {
  const file = (name: string) => readFileSync(join(dataDir, name), "utf8")
  if (!existsSync(join(dataDir, names.password))) return undefined
  return { password: file(names.password), ca: { cert: file(names.cert), key: file(names.key) } }
}

const write = (dataDir: string, { ca, password }: Kept): void => {
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, names.cert), ca.cert)
  writeFileSync(join(dataDir, names.key), ca.key, { mode: 0o600 })
  // Last: its presence says that the others are complete.
  writeFileSync(join(dataDir, names.password), password, { mode: 0o600 })
}

const attempt = <A>(dataDir: string, f: (dataDir: string) => A): Effect.Effect<A, DevServiceError> =>
  Effect.try({
    try: () => f(dataDir),
    catch: (error) =>
      new DevServiceError({
        message: `the folder ${dataDir} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
        remedy: "Choose another folder, or remove this one to start afresh.",
      }),
  })
