/** An error of the state's Postgres as Effect's SQL errors tell them apart, in words that say what to do and hold no secret. */
import * as Connection from "@batch-exports/postgres-destination/connection"
import { SqlError } from "effect/sql"

/** The server's own code; undefined where it was not the server who spoke, but the network or the driver. */
const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && "severity" in cause && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : undefined

const explain = (cause: unknown, to: Connection.Connection, operation: string | undefined) =>
  Connection.explain(
    cause,
    to,
    operation === "connect" ? `connecting to ${Connection.describe(to)}` : "using the state",
  )

/** For a command that ends with it: what happened, and apart from that what to do. */
export const explained = ({ reason }: SqlError.SqlError, to: Connection.Connection) =>
  explain(reason.cause, to, reason.operation)

export const sqlReason = (
  cause: unknown,
  to: Connection.Connection,
  operation: "connect" | "statement",
): SqlError.SqlErrorReason => {
  const { message, remedy } = explain(cause, to, operation)
  const code = codeOf(cause)
  // Whoever reads it in a log cannot ask for more.
  const isForOperators = operation === "connect" || code?.startsWith("53") === true || code === "25006"
  const properties = { cause, operation, message: isForOperators ? `${message}. ${remedy}` : message }
  // Read-only is what a server is that has become the standby of another one, until somebody says where that is.
  if (operation === "connect" || code === undefined || /^(08|57P|53|25006|25P03)/.test(code)) {
    return new SqlError.ConnectionError(properties)
  }
  if (code === "42501") return new SqlError.AuthorizationError(properties)
  if (code.startsWith("42")) return new SqlError.SqlSyntaxError(properties)
  if (code === "23505") return new SqlError.UniqueViolation({ ...properties, constraint: "unknown" })
  if (code.startsWith("23")) return new SqlError.ConstraintError(properties)
  if (code === "40P01") return new SqlError.DeadlockError(properties)
  if (code === "40001") return new SqlError.SerializationError(properties)
  if (code === "55P03") return new SqlError.LockTimeoutError(properties)
  return new SqlError.UnknownError(properties)
}
