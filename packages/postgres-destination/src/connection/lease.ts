/**
 * How a transaction tells the others when it will be over at the latest: it holds a shared advisory lock whose number is that
 * second. Whoever finds it later may end it (`evict.ts`). A lock, because it is visible at once, to every role, and gone with the
 * transaction; shared, because it is to stand in nobody's way. In seconds since 2020, so that it fits into 32 bits until 2088.
 */
import { Duration } from "effect"

/** "batc": the first number of the lock, which no other program is likely to use. */
const lockClass = 0x62617463
const epoch = Date.UTC(2020, 0, 1) / 1000

/** By the server's clock, which all sessions share. */
const now = `(extract(epoch FROM clock_timestamp())::int8 - ${epoch})`

export const take = (limit: Duration.Duration): { readonly sql: string; readonly values: Array<number> } => ({
  sql: `SELECT pg_advisory_xact_lock_shared(${lockClass}, (${now} + $1)::int4)`,
  values: [Math.ceil(Duration.toSeconds(limit))],
})

/** Whether the session of this expression has said that it would be over by now. */
export const expired = (pid: string): string =>
  `EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = ${pid} AND l.locktype = 'advisory' AND l.objsubid = 2
           AND l.classid = ${lockClass} AND l.objid::int8 < ${now})`
