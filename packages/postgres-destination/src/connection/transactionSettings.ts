/**
 * The settings of the one transaction that moves the records. All are local to it: a pooler in transaction mode hands
 * the connection to someone else right after.
 */
import { Duration } from "effect"
import { createHash } from "node:crypto"

export const begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

export interface Options {
  readonly server: { readonly version: number; readonly windows: boolean }
  readonly lockTimeout: Duration.Duration
  readonly stallTimeout: Duration.Duration
  readonly transactionTimeout: Duration.Duration
  readonly run: string
}

/** Postgres would cut a long one, and two runs could then have the same. */
export const applicationName = (run: string): string => {
  const whole = `batch-exports ${run}`
  if (Buffer.byteLength(whole) <= 63 && /^[\x20-\x7e]*$/.test(whole)) return whole
  return `batch-exports ${createHash("sha256").update(run, "utf8").digest("hex").slice(0, 40)}`
}

/** Milliseconds after which a server that waits for a lock or computes finds out that we are gone, and lets go. */
export const CONNECTION_CHECK = "500"

type Setting = readonly [name: string, value: string]

export const transactionSettings = (options: Options): ReadonlyArray<Setting> => {
  const settings: ReadonlyArray<Setting> = [
    // Timestamps are rendered in UTC.
    ["TimeZone", "UTC"],
    // COPY in binary goes by it, and a pooler may hand on a session where somebody changed it.
    ["client_encoding", "UTF8"],
    // What the database or the role may have set otherwise, and what would then be read otherwise: the word NULL in a list, a
    // date; and with row_security off, the server refuses what the table's policies would have to look at.
    ["array_nulls", "on"],
    ["DateStyle", "ISO, YMD"],
    ["row_security", "on"],
    // Without it, an acknowledged window could be lost with the server's last moments.
    ["synchronous_commit", "on"],
    ["lock_timeout", `${Math.ceil(Duration.toMillis(options.lockTimeout))}`],
    // A COPY runs as long as the source does; the stall timer is what bounds it.
    ["statement_timeout", "0"],
    ["client_min_messages", "warning"],
    // Names the run in pg_stat_activity.
    ["application_name", applicationName(options.run)],
    // Between statements the source may be silent; the margin lets our own stall timer speak first.
    ["idle_in_transaction_session_timeout", `${Math.ceil(Duration.toMillis(options.stallTimeout)) + 30_000}`],
    // How the server finds out that we are gone: a COPY that waits for its client obeys no other timeout.
    ["tcp_keepalives_idle", "30"],
    ["tcp_keepalives_interval", "10"],
    ["tcp_keepalives_count", "6"],
    ["tcp_user_timeout", "90000"],
  ]
  const newer: ReadonlyArray<readonly [there: boolean, setting: Setting]> = [
    [
      options.server.version >= 140_000 && !options.server.windows,
      ["client_connection_check_interval", CONNECTION_CHECK],
    ],
    // Older servers leave it to us alone. The margin lets our own timer speak first: it knows which setting to raise.
    [
      options.server.version >= 170_000,
      ["transaction_timeout", `${Math.ceil(Duration.toMillis(options.transactionTimeout)) + 30_000}`],
    ],
  ]
  return [...settings, ...newer.filter(([there]) => there).map(([, setting]) => setting)]
}

/** `set_config(…, true)` is SET LOCAL with a parameter for the value: a run's name is not ours to trust. */
export const setLocal = (
  settings: ReadonlyArray<Setting>,
): { readonly sql: string; readonly values: Array<string> } => ({
  sql: `SELECT ${settings.map((_, index) => `set_config($${index * 2 + 1}, $${index * 2 + 2}, true)`).join(", ")}`,
  values: settings.flat(),
})
