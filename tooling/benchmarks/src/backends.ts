/**
 * Postgres' processes. A backend's CPU time is its server's once the server has seen it end. That is well after its client has left,
 * and after it has gone from pg_stat_activity, too: a backend signs off there before it is done.
 */
import { Effect, Schedule } from "effect"
import { BenchmarkError } from "./BenchmarkError.ts"
import { childrenOf } from "./proc.ts"
import type { Servers } from "./servers.ts"

type Server = Pick<Servers, "postmasterPid">

/** None where they cannot be seen. */
export const backends = ({ postmasterPid }: Server): ReadonlySet<number> =>
  new Set(postmasterPid === undefined ? [] : childrenOf(postmasterPid))

/** Waits until none is left but `others`. Fails where one stays: what it uses would be counted for the next. */
export const backendsGone = (server: Server, others: ReadonlySet<number>): Effect.Effect<void, BenchmarkError> =>
  Effect.suspend(() =>
    [...backends(server)].every((pid) => others.has(pid))
      ? Effect.void
      : Effect.fail(new BenchmarkError({ message: "Postgres still has a backend of it" })),
  ).pipe(Effect.retry(Schedule.spaced("5 millis").pipe(Schedule.upTo({ duration: "10 seconds" }))))
