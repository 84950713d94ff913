/**
 * What PgBouncer says for itself. It has one code, 08P01, for all of it, so that only its words tell. A pooler's refusals mean what
 * the server's own would.
 */
import * as identifier from "../identifier.ts"
import { again, lost, rule, type Rule } from "./Rule.ts"

export const wordings: ReadonlyArray<readonly [pattern: RegExp, rule: Rule]> = [
  [
    /^(?:SASL|password|SCRAM|LDAP|PAM|cert) ?authentication failed|^no such user|^login rejected|^auth_query/i,
    rule(
      "AuthenticationFailed",
      "Check user and password, and that the pooler knows the user (auth_file or auth_query).",
    ),
  ],
  [
    /^SSL (?:connection is )?required/i,
    rule("AuthenticationFailed", "The pooler takes encrypted connections alone: leave sslmode: disable out."),
  ],
  [
    /^no such database|^database ".*" does not exist|^database "?.*"? is disabled/i,
    rule(
      "DatabaseMissing",
      ({ names }) =>
        `Name the database ${identifier.quote(names.database)} in the pooler's configuration, create it, or correct its name.`,
    ),
  ],
  [
    /^no more connections allowed|^query_wait_timeout|^too many/i,
    rule("TooBusy", `${again} The pooler is out of connections: raise its limits, or let fewer runs go at once.`),
  ],
  [/^query[ _]timeout/i, rule("Timeout", `${again} Raise the pooler's query_timeout: a COPY is one query.`)],
  [
    /^idle transaction timeout|^transaction[ _]timeout/i,
    rule("Stalled", `${again} The pooler ended the transaction: raise its idle_transaction_timeout.`),
  ],
  [
    /^unsupported startup parameter/i,
    rule("Unsupported", "The pooler refuses a parameter of ours: add it to its ignore_startup_parameters."),
  ],
  [/^pgbouncer cannot connect|^server login|^server conn|^the database system/i, lost],
]

export const find = ({ code, message }: { readonly code: string; readonly message: string }): Rule | undefined =>
  code === "08P01" ? wordings.find(([pattern]) => pattern.test(message))?.[1] : undefined
