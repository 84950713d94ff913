/** An export's name as a number, since a range constraint without extensions needs one: 62 bits of its SHA-256. */
import { createHash } from "node:crypto"

export const exportKey = (exportName: string): string =>
  (createHash("sha256").update(exportName, "utf8").digest().readBigUInt64BE(0) >> 2n).toString()

/** Serialises the creation of one table among all sessions of one database (pg_advisory_xact_lock). */
export const creationLock = (schema: string, table: string): string =>
  createHash("sha256").update(`batch-exports\0${schema}\0${table}`, "utf8").digest().readBigInt64BE(0).toString()

/**
 * Of those who write into one table (pg_advisory_xact_lock): who fills what is absent holds it alone, since it goes by what the
 * table lacks; all others share it.
 */
export const writersLock = (targetOid: number): string =>
  createHash("sha256").update(`batch-exports writers\0${targetOid}`, "utf8").digest().readBigInt64BE(0).toString()

/** Serialises the merges of one export into one table (pg_advisory_xact_lock). */
export const mergeLock = (exportName: string, targetOid: number): string =>
  createHash("sha256")
    .update(`batch-exports merge\0${targetOid}\0${exportName}`, "utf8")
    .digest()
    .readBigInt64BE(0)
    .toString()
