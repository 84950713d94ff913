/**
 * Up to when ClickHouse is complete. A row carries the time at which its INSERT began, or earlier, and becomes visible when it ends:
 * what runs now decides what may still appear. Consumers that lag behind, and other servers, cannot be seen from here; the settle
 * delay is for them.
 */
import type { SourceError } from "@batch-exports/core"
import { DateTime, Duration, Effect } from "effect"
import type { Connection } from "./connect.ts"

/** An INSERT that takes longer does not hold exports up any more. */
export const patience = Duration.minutes(5)

const running = `SELECT toString(toUnixTimestamp64Micro(now64(6))) AS now,
  toString(toInt64(ceil(maxIf(elapsed, query_kind IN ('Insert', 'AsyncInsertFlush') AND elapsed < {patience:Float64}) * 1e6))) AS age
FROM system.processes`

const clock = "SELECT toString(toUnixTimestamp64Micro(now64(6))) AS now, '0' AS age"

interface Row {
  readonly now: string
  readonly age: string
}

/** Not every user may see what runs. */
const isHidden = ({ reason }: SourceError): boolean => reason === "PermissionDenied" || reason === "SourceMissing"

export const seesRunning = ({ rows }: Connection): Effect.Effect<boolean, SourceError> =>
  rows<Row>(running, { params: { patience: Duration.toSeconds(patience) } }).pipe(
    Effect.as(true),
    Effect.catchIf(isHidden, () => Effect.succeed(false)),
  )

export const watermark = ({ rows }: Connection, settle: Duration.Duration): Effect.Effect<DateTime.Utc, SourceError> =>
  rows<Row>(running, { params: { patience: Duration.toSeconds(patience) } }).pipe(
    // Then there is the clock, and the settle delay.
    Effect.catchIf(isHidden, () => rows<Row>(clock)),
    Effect.map(([row]) => {
      const behind = Math.max(Number(row?.age ?? 0) / 1000, Duration.toMillis(settle))
      return DateTime.makeUnsafe(Math.floor(Number(row?.now) / 1000 - behind))
    }),
  )
