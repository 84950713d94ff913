/** A crash of Postgres: one of its processes is killed, all others end with it, and it recovers from its log, as after a power cut. */
import { Effect, Schedule } from "effect"
import type { Client } from "pg"

/** Ends when the server takes connections again, with one of them. Two must be open: a new one might be ended with the others. */
export const crash = <E>(victim: Client, connect: Effect.Effect<Client, E>): Effect.Effect<Client> =>
  Effect.gen(function* () {
    const witness = yield* connect
    yield* Effect.promise(async () => {
      const ended = new Promise((resolve) => witness.once("end", resolve))
      const { rows } = await victim.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")
      process.kill(rows[0]?.pid ?? process.pid, "SIGKILL")
      await ended
    })
    return yield* Effect.retry(connect, { schedule: Schedule.spaced("50 millis"), times: 1_000 })
  }).pipe(Effect.orDie)
