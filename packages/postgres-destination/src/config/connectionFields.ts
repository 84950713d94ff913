/**
 * The settings that say how to reach the server, as the user writes them: field by field, as the form asks for them, or
 * in one URL. What the program works with is the same either way.
 */
import { Effect, Redacted, Result, Schema } from "effect"
import { duration, name, secret, text } from "./fields.ts"
import { tlsProblems } from "./tlsPolicy.ts"
import { parseUrl, type UrlParts } from "./url.ts"

const user = text({
  title: "User",
  description: "The user to log in as. It needs the privilege to create tables in the schema.",
})
const host = text({
  title: "Host",
  description: "The host name or address of the server, or the directory of its Unix socket.",
})
const database = name({ title: "Database", description: "The database in which the table is." })
const port = Schema.Int.annotate({
  title: "Port",
  description: "The TCP port on which the server listens.",
  default: 5432,
}).check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))

export const connectionFields = {
  user: Schema.optionalKey(user),
  password: secret("password", {
    title: "Password",
    description: "The password of the user. Not needed where the server accepts a client certificate.",
  }),
  host: Schema.optionalKey(host),
  port: Schema.optionalKey(port),
  database: Schema.optionalKey(database),
  url: secret("url", {
    title: "URL",
    description:
      "In place of user, password, host, port and database: postgres://user:password@host:5432/database. It may say sslmode, sslrootcert, sslcert, sslkey and sslpassword, as for libpq.",
  }),
  selfSigned: Schema.Boolean.annotate({
    title: "Does your Postgres instance have a self-signed SSL certificate?",
    description:
      "In most cases, Heroku and RDS users should check this box. The connection is then encrypted, but the server's certificate is not verified; giving rootCertificate instead is safer.",
    default: false,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  rootCertificate: Schema.optionalKey(
    text({
      title: "Root certificate",
      description: "The certificate authority to verify the server against: PEM text, or the path of a PEM file.",
    }),
  ),
  sslmode: Schema.optionalKey(
    Schema.Literals(["disable", "require", "verify-ca", "verify-full"]).annotate({
      title: "SSL mode",
      description:
        "As in libpq. Without it, the certificate and the host name are verified. disable is for loopback and Unix sockets only.",
    }),
  ),
  clientCertificate: Schema.optionalKey(
    text({
      title: "Client certificate",
      description: "A certificate to log in with: PEM text, or the path of a PEM file.",
    }),
  ),
  clientKey: secret("clientKey", {
    title: "Client key",
    description: "The private key of the client certificate: PEM text, or the path of a PEM file.",
  }),
  clientKeyPassphrase: secret("clientKeyPassphrase", {
    title: "Client key passphrase",
    description: "What the client key is encrypted with, where it is.",
  }),
  lockTimeout: duration(
    "30 seconds",
    "Lock timeout",
    "How long to wait for a lock that someone else holds in the database.",
  ),
  transactionTimeout: duration(
    "6 hours",
    "Transaction timeout",
    "How long one run may hold its transaction open. It is given up then, and other runs may end it.",
  ),
  connectTimeout: duration("10 seconds", "Connect timeout", "How long to wait for a connection."),
  stallTimeout: duration(
    "5 minutes",
    "Stall timeout",
    "How long a transfer or a statement may stand still before it is given up.",
  ),
}

const { url: _, ...kept } = connectionFields

/** After the URL, where there is one, has been taken apart. */
export const resolvedFields = { ...kept, user, host, port, database }

type Written = Schema.Struct.Type<typeof connectionFields>
type Resolved = Schema.Struct.Type<typeof resolvedFields>

const endpoint = ["user", "host", "database"] as const
const fromUrl = ["user", "password", "host", "port", "database"] as const

interface Problem {
  readonly path: ReadonlyArray<string>
  readonly issue: string
}

/** What is wrong with the settings together; each of them alone has been looked at. */
export const connectionProblems = (written: Written): ReadonlyArray<Problem> => {
  const { url } = written
  if (url === undefined) {
    const missing = endpoint.filter((key) => written[key] === undefined)
    if (missing.length > 0)
      return missing.map((key) => ({ path: [key], issue: "this key is required and missing (or give all in url)" }))
    return tlsProblems(resolve(written)).map(({ key, message }) => ({ path: [key], issue: message }))
  }
  const parsed = parseUrl(Redacted.value(url))
  if (Result.isFailure(parsed)) return [{ path: ["url"], issue: parsed.failure }]
  const parts = parsed.success
  const twice = [...new Set([...fromUrl, ...(Object.keys(parts) as Array<keyof UrlParts>)])].filter(
    (key) => written[key] !== undefined,
  )
  if (twice.length > 0)
    return twice.map((key) => ({ path: [key], issue: "cannot stand beside url, which says it: keep one of them" }))
  return tlsProblems(resolve(written)).map(({ key, message }) =>
    parts[key as keyof UrlParts] === undefined
      ? { path: [key], issue: message }
      : { path: ["url"], issue: `its ${key}: ${message}` },
  )
}

/** Where `connectionProblems` found none. */
export const resolve = <W extends Written>({ url, ...written }: W): Omit<W, keyof Written> & Resolved => {
  const parts = url === undefined ? undefined : Result.getOrThrow(parseUrl(Redacted.value(url)))
  return { port: 5432, ...written, ...parts } as unknown as Omit<W, keyof Written> & Resolved
}
