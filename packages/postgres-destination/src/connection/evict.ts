/**
 * Ends the sessions of runs that are dead or overdue and hold what this run waits for. A COPY that waits for its client obeys no
 * timeout of the server's, so a machine that froze, or a pooler that did not notice that its client went, would hold a window for
 * ever. Only sessions of our own, of the same user: an earlier attempt of this very run, or one that said that it would be over by
 * now; and none that is committing, or that does not show what it does (track_activities = off). Nothing rests on this: an ended run publishes nothing, and what is exported once is decided by
 * the ledger's constraint.
 */
import type { DestinationError } from "@batch-exports/core"
import { Duration, Effect } from "effect"
import { expired } from "./lease.ts"
import type { Session } from "./Session.ts"
import { applicationName } from "./transactionSettings.ts"

const statement = `SELECT pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
  WHERE a.pid = ANY (pg_blocking_pids($1)) AND a.usename = current_user AND a.datname = current_database()
    AND a.application_name LIKE 'batch-exports %' AND a.query NOT IN ('COMMIT', '')
    AND (a.application_name = $2 OR ${expired("a.pid")})`

/** Before that, the holder may just be finishing. */
const patience = Duration.seconds(3)

export interface Waiting {
  readonly run: string
  readonly lockTimeout: Duration.Duration
}

/** `waiting` for a lock, and now and then ends who should not hold it any more. */
export const evicting = <A>(
  session: Session,
  { lockTimeout, run }: Waiting,
  waiting: Effect.Effect<A, DestinationError>,
): Effect.Effect<A, DestinationError> =>
  Effect.gen(function* () {
    const action = "beginning the transaction"
    const { rows } = yield* session.query<{ pid: number }>(action, "SELECT pg_backend_pid() AS pid")
    const pid = rows[0]?.pid ?? 0
    const pause = Duration.min(patience, Duration.times(lockTimeout, 0.5))
    const evict = Effect.scoped(
      Effect.flatMap(session.another, (other) =>
        other.query("ending runs that are overdue", statement, [pid, applicationName(run)]),
      ),
    ).pipe(Effect.ignore)
    return yield* Effect.raceFirst(waiting, Effect.forever(Effect.andThen(Effect.sleep(pause), evict)))
  })
