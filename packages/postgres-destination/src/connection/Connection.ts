/**
 * Reaching a Postgres by the same rules, for programs that keep something of their own there: a URL as libpq has it, verified
 * TLS unless it says otherwise, and nothing taken from the environment.
 */
import type { DestinationError } from "@batch-exports/core"
import { Duration, Effect, Redacted, Result } from "effect"
import type { ClientConfig } from "pg"
import { address } from "../config/address.ts"
import { tlsProblems } from "../config/tlsPolicy.ts"
import { parseUrl, type UrlParts } from "../config/url.ts"
import { classify } from "../failure/classify.ts"
import { passwordOf } from "./credentials.ts"
import { tlsOptions } from "./tlsOptions.ts"

export { withoutEnvironment } from "./credentials.ts"

/** Where to connect to, and how to know that it is the right server. Decoded; nothing has been opened. */
export interface Connection extends UrlParts {}

/** What is wrong is told without any of the URL, since it may hold a password. */
export const parse = (url: Redacted.Redacted): Result.Result<Connection, string> =>
  Result.flatMap(parseUrl(Redacted.value(url)), (parts) => {
    const [problem] = tlsProblems({ ...parts, selfSigned: false })
    return problem === undefined ? Result.succeed(parts) : Result.fail(`its ${problem.key}: ${problem.message}`)
  })

/** `postgres://db.example.com:5432/analytics`: for people, without the user and the password. */
export const describe = (to: Connection): string =>
  `postgres://${to.host.startsWith("/") ? encodeURIComponent(to.host) : address(to)}/${to.database}`

/** For `pg`'s Client and Pool. Reads the certificate files. */
export const clientConfig = (to: Connection, applicationName: string): Effect.Effect<ClientConfig, DestinationError> =>
  Effect.map(tlsOptions({ ...to, selfSigned: false }), (ssl) => ({
    user: to.user,
    password: passwordOf(to),
    host: to.host,
    port: to.port,
    database: to.database,
    ssl,
    sslnegotiation: "postgres",
    application_name: applicationName,
    connectionTimeoutMillis: Duration.toMillis("10 seconds"),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }))

/** Any error of `pg` as one that says what to do. `action` continues the sentence "While …". */
export const explain = (error: unknown, to: Connection, action: string): DestinationError =>
  classify(error, {
    action,
    phase: "connect",
    names: { ...to, schema: "", table: "", ledgerTable: "" },
  })
