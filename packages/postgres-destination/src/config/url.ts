/**
 * A connection URL, as libpq has it: postgres://user:password@host:port/database?parameters. Pure. No message repeats any of
 * it but the name of a parameter, since a password that is not percent-encoded may stand in any place.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
import { Redacted, Result } from "effect"
import * as identifier from "../identifier.ts"
import type { TlsSettings } from "./tlsPolicy.ts"

export interface UrlParts {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: Redacted.Redacted
  readonly sslmode?: NonNullable<TlsSettings["sslmode"]>
  readonly rootCertificate?: string
  readonly clientCertificate?: string
  readonly clientKey?: Redacted.Redacted
  readonly clientKeyPassphrase?: Redacted.Redacted
}

type Parsed<A> = Result.Result<A, string>

const form =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^:@/?#]*)(?::(?<password>[^@/?#]*))?@)?(?<host>\[[^\]@/?#]*\]|[^:@/?#[\]]*)(?::(?<port>\d*))?(?:\/(?<database>[^/?#]*))?(?:\?(?<query>[^#]*))?$/

const parameters = ["host", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword"] as const
type Parameter = (typeof parameters)[number]

const sslmodes = ["disable", "require", "verify-ca", "verify-full"] as const

export const parseUrl = (url: string): Parsed<UrlParts> =>
  Result.gen(function* () {
    const parts = form.exec(url.trim())?.groups
    if (parts === undefined) {
      return yield* Result.fail(
        "must be written as postgres://user:password@host:port/database, with any of : / ? # [ ] @ % in user and password percent-encoded",
      )
    }
    const query = yield* parseQuery(parts["query"] ?? "")
    const authority = yield* decode(parts["host"]?.replace(/^\[(.*)\]$/, "$1"))
    if (authority !== undefined && query.host !== undefined) return yield* Result.fail("names the host twice")
    const host = authority ?? query.host
    const [user, password, database] = [
      yield* decode(parts["user"]),
      yield* decode(parts["password"]),
      yield* decode(parts["database"]),
    ]
    if (host === undefined) return yield* Result.fail("names no host")
    if (host.includes(",")) return yield* Result.fail("names several hosts; one is supported")
    if (user === undefined) return yield* Result.fail("names no user")
    if (database === undefined) return yield* Result.fail("names no database")
    const unfit = identifier.problem(database)
    if (unfit !== undefined) return yield* Result.fail(`its database ${unfit}`)
    const port = parts["port"] ? Number(parts["port"]) : 5432
    if (port < 1 || port > 65_535) return yield* Result.fail("its port must be between 1 and 65535")
    const sslmode = yield* parseSslmode(query.sslmode)
    const { sslcert, sslkey, sslpassword, sslrootcert } = query
    return {
      host,
      port,
      user,
      database,
      ...(password === undefined ? {} : { password: Redacted.make(password, { label: "password" }) }),
      ...(sslmode === undefined ? {} : { sslmode }),
      // libpq's word for the system's authorities, which are what we use where none is given.
      ...(sslrootcert === undefined || sslrootcert === "system" ? {} : { rootCertificate: sslrootcert }),
      ...(sslcert === undefined ? {} : { clientCertificate: sslcert }),
      ...(sslkey === undefined ? {} : { clientKey: Redacted.make(sslkey, { label: "clientKey" }) }),
      ...(sslpassword === undefined
        ? {}
        : { clientKeyPassphrase: Redacted.make(sslpassword, { label: "clientKeyPassphrase" }) }),
    }
  })

const parseSslmode = (mode: string | undefined): Parsed<UrlParts["sslmode"]> => {
  if (mode === undefined) return Result.succeed(undefined)
  const found = sslmodes.find((one) => one === mode)
  if (found !== undefined) return Result.succeed(found)
  return Result.fail(
    mode === "prefer" || mode === "allow"
      ? `its sslmode must be one of ${sslmodes.join(", ")}: "${mode}" would do without encryption unseen`
      : `its sslmode must be one of ${sslmodes.join(", ")}`,
  )
}

const parseQuery = (query: string): Parsed<{ readonly [name in Parameter]?: string }> =>
  Result.gen(function* () {
    const found: { [name in Parameter]?: string } = {}
    for (const pair of query.split("&").filter((part) => part !== "")) {
      const [written = "", ...rest] = pair.split("=")
      const known = parameters.find((name) => name === written)
      if (known === undefined) {
        // What does not look like a name may be the end of a password, and so may all of it where an @ comes after it.
        const named =
          !query.includes("@") && rest.length > 0 && /^[A-Za-z_]{1,40}$/.test(written)
            ? `"${written}"`
            : "one that is not named"
        return yield* Result.fail(`has an unknown parameter, ${named}; it may have ${parameters.join(", ")}`)
      }
      if (found[known] !== undefined) return yield* Result.fail(`has the parameter "${known}" twice`)
      const value = yield* decode(rest.join("="))
      if (value !== undefined) found[known] = value
    }
    return found
  })

/** Empty is as good as absent. Not URLSearchParams, to which a plus sign is a space. */
const decode = (part: string | undefined): Parsed<string | undefined> => {
  if (part === undefined || part === "") return Result.succeed(undefined)
  try {
    return Result.succeed(decodeURIComponent(part))
  } catch {
    return Result.fail("has a % that begins no percent-encoded character: write %25 for the sign itself")
  }
}
