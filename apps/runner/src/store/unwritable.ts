/** A state that answers and takes nothing in: its disk is full, or its server has become the standby of another one. */
import type { SqlError } from "effect/sql"

/**
 * SQLITE_FULL, and SQLITE_IOERR_WRITE, _FSYNC and _TRUNCATE, as which a quota shows. Other I/O errors, such as that of a corrupt
 * file system, do not pass when there is space again.
 */
const NO_SPACE: ReadonlyArray<unknown> = [13, 10 | (3 << 8), 10 | (4 << 8), 10 | (6 << 8)]

/** Of what Node's SQLite throws. */
export const isFull = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "errcode" in cause && NO_SPACE.includes(cause.errcode)

export const isUnwritable = ({ reason: { cause } }: SqlError.SqlError): boolean =>
  isFull(cause) ||
  (typeof cause === "object" && cause !== null && "code" in cause && (cause.code === "53100" || cause.code === "25006"))
