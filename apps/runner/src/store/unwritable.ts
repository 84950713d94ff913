/** A state that answers and takes nothing in: its disk is full, or its server has become the standby of another one. */
import type { SqlError } from "effect/sql"

const SQLITE_FULL = 13

export const isUnwritable = ({ reason: { cause } }: SqlError.SqlError): boolean =>
  typeof cause === "object" &&
  cause !== null &&
  (("code" in cause && (cause.code === "53100" || cause.code === "25006")) ||
    ("errcode" in cause && (Number(cause.errcode) & 0xff) === SQLITE_FULL))
