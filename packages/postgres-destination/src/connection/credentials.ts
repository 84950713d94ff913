/** What a connection is opened with comes from the configuration alone: never from PGPASSWORD, PGOPTIONS or ~/.pgpass. */
import { Redacted } from "effect"
import type { Client } from "pg"

/** As a function, so that `pg` never looks for a password elsewhere. */
export const passwordOf =
  ({ password }: { readonly password?: Redacted.Redacted }) =>
  (): string => {
    if (password === undefined) throw new Error("a password is asked for, and none is given")
    return Redacted.value(password)
  }

/** They would reach the server as start-up parameters, which a transaction pooler refuses (08P01). */
export const withoutEnvironment = (client: Client): void => {
  const { connectionParameters } = client as unknown as { connectionParameters: Record<string, unknown> }
  for (const name of ["options", "replication", "statement_timeout", "lock_timeout"]) delete connectionParameters[name]
}
