/** Who merges: the export, and what one would write by hand for this one table. Each connects, merges one window, and commits. */
import { type Destination, Window } from "@batch-exports/core"
import type { DevPostgres } from "@batch-exports/dev-services"
import { copyText, PostgresDestination } from "@batch-exports/postgres-destination"
import { DateTime, Effect, Result } from "effect"
import { randomUUID } from "node:crypto"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { Client } from "pg"
import { from as copyFrom } from "pg-copy-streams"
import { attempt, BenchmarkError } from "../BenchmarkError.ts"
import { model } from "./persons.ts"

export interface Task {
  readonly server: DevPostgres
  readonly round: number
  readonly rows: number
  readonly chunks: ReadonlyArray<Buffer>
}

export interface Contestant {
  readonly title: string
  readonly table: string
  readonly merge: (task: Task) => Effect.Effect<void, BenchmarkError>
}

const columns = ["person_id", "properties", "person_distinct_id_version", "person_version", "created_at"]

/** Takes a row when either version is newer, which is simpler than what the export does, and can go backwards. */
const byHand = (title: string, table: string, order: string): Contestant => ({
  title,
  table,
  merge: ({ chunks, server }) =>
    attempt(`merge by hand into ${table}`, async () => {
      const { database, host, password, port, user } = server
      const client = new Client({ host, port, user, password, database })
      await client.connect()
      try {
        await client.query("BEGIN")
        await client.query(`CREATE TEMPORARY TABLE staged (LIKE ${table}) ON COMMIT DROP`)
        await pipeline(Readable.from(chunks), client.query(copyFrom("COPY staged FROM STDIN")))
        await client.query(`INSERT INTO ${table} AS t SELECT * FROM staged ${order}
          ON CONFLICT (team_id, distinct_id) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(", ")}
          WHERE excluded.person_distinct_id_version > t.person_distinct_id_version OR excluded.person_version > t.person_version`)
        await client.query("COMMIT")
      } finally {
        await client.end()
      }
    }),
})

const ours: Contestant = {
  title: "the export",
  table: "ours",
  merge: Effect.fn("ours")(
    function* ({ chunks, round, rows, server }: Task) {
      const { database, host, password, port, user } = server
      const destination: Destination.Configured = Result.getOrThrow(
        PostgresDestination.configure({ host, port, user, password, database, table: "ours", sslmode: "disable" }),
      )
      const start = DateTime.add(DateTime.makeUnsafe(0), { hours: round })
      const window = new Window.Window({ start, end: DateTime.add(start, { hours: 1 }) })
      const run = {
        id: randomUUID(),
        export: "persons",
        model,
        definition: "1",
        window,
        mode: "once",
        defensive: false,
      } as const
      const sink = yield* destination.open({ ...run, offers: [copyText] })
      const stored = yield* sink.write({ window, bytes: Readable.from(chunks) })
      yield* sink.commit({ rows, adjusted: {} })
      if (stored.inserted + stored.updated !== rows) {
        return yield* new BenchmarkError({ message: `stored ${stored.inserted + stored.updated} of ${rows} changes` })
      }
    },
    Effect.scoped,
    Effect.mapError((error) => new BenchmarkError({ message: error.message })),
  ),
}

export const contestants: ReadonlyArray<Contestant> = [
  ours,
  byHand("by hand", "by_hand", ""),
  byHand("by hand, sorted", "by_hand_sorted", "ORDER BY team_id, distinct_id"),
]
