/** Stops a query on the server. */
import { Effect } from "effect"
import type { Connection } from "../connect.ts"

/** A server that hangs must not keep the runner: what was interrupted is given up within two seconds. */
const patience = "1 second"

export const kill = ({ client, failed }: Connection, queryId: string): Effect.Effect<void> =>
  Effect.tryPromise({
    try: (signal) =>
      client.command({
        query: "KILL QUERY WHERE query_id = {id:String} ASYNC",
        query_params: { id: queryId },
        abort_signal: signal,
      }),
    catch: failed,
  }).pipe(
    Effect.timeout(patience),
    // The server also notices that nobody reads any more; this only makes it sooner, where the user may do it.
    Effect.ignore,
  )
