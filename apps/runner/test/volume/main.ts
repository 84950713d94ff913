/**
 * Exports a million persons and a million sessions into Postgres and says what it took: `npm run test:volume:models`, with
 * `-- --count 200000` for fewer. Fails where the runner's memory grows with them, or where ClickHouse needs more than it is given.
 */
import { ClickHouseSource } from "@batch-exports/clickhouse-source"
import { ExportWindow, Window } from "@batch-exports/core"
import { clickHouse, postgres } from "@batch-exports/dev-services"
import { PostgresDestination } from "@batch-exports/postgres-destination"
import { ClickHouseLogLevel, createClient } from "@clickhouse/client"
import { Effect, Result } from "effect"
import { parseArgs } from "node:util"
import { makePersons, makeSessions } from "./data.ts"

const { values: said } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    keysPerQuery: { type: "string", default: "250000" },
    /** `persons` or `sessions`; both, unless given. */
    only: { type: "string" },
    /** Bytes for one query of ClickHouse. */
    memory: { type: "string", default: "1000000000" },
  },
})
const count = Number(said.count)
const mostGrowth = 150_000_000

const window = Result.getOrThrow(Window.parse("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"))

/** The highest memory of this process, and what there was of it before. */
const watched = <A, E>(work: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    globalThis.gc?.()
    const before = process.memoryUsage.rss()
    let peak = before
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20)
    const result = yield* Effect.ensuring(
      work,
      Effect.sync(() => clearInterval(timer)),
    )
    return { result, before, peak }
  })

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`

const main = Effect.gen(function* () {
  const ch = yield* clickHouse()
  const { ca, database, host, password, port, user } = yield* postgres()
  const client = createClient({
    url: ch.url,
    username: ch.user,
    password: ch.password,
    request_timeout: 290_000,
    log: { level: ClickHouseLogLevel.OFF },
  })
  yield* Effect.addFinalizer(() => Effect.promise(() => client.close()))

  for (const [name, make] of [
    ["persons", makePersons],
    ["sessions", makeSessions],
  ] as const) {
    if (said.only !== undefined && said.only !== name) continue
    const expected = yield* Effect.promise(() => make(client, "volume", count))
    const source = yield* Result.getOrThrow(
      ClickHouseSource.configure(
        {
          value: {
            url: ch.url,
            user: ch.user,
            password: ch.password,
            database: "volume",
            settings: { max_memory_usage: Number(said.memory) },
          },
        },
        { value: { name, teamId: 1, keysPerQuery: Number(said.keysPerQuery) } },
      ),
    ).open
    const tls = ca === undefined ? {} : { rootCertificate: ca }
    const destination = Result.getOrThrow(
      PostgresDestination.configure({ host, port, user, password, database, schema: "public", table: name, ...tls }),
    )
    for (const mode of ["once", "force"] as const) {
      const run = { id: crypto.randomUUID(), export: name, window, mode }
      const started = performance.now()
      const { before, peak, result } = yield* watched(ExportWindow.exportWindow({ source, destination, run }))
      const seconds = (performance.now() - started) / 1000
      if (result._tag !== "Exported") return yield* Effect.die(new Error(`${name} were exported already`))
      const { bytes, encoding, stored, timings } = result
      console.log(
        `${name} (${mode}): ${stored.received} records, ${stored.inserted} inserted, ${stored.updated} updated, ${stored.unchanged} unchanged; ` +
          `${seconds.toFixed(1)} s, of which ${(timings.transfer / 1000).toFixed(1)} s transfer; ${megabytes(bytes)} of ${encoding}; ` +
          `runner memory ${megabytes(before)} before, ${megabytes(peak)} at most`,
      )
      const wanted = mode === "once" ? stored.inserted : stored.unchanged
      if (wanted !== expected || stored.received !== expected) {
        return yield* Effect.die(new Error(`${name}: ${expected} records were expected`))
      }
      if (peak - before > mostGrowth) return yield* Effect.die(new Error(`${name}: the runner's memory grew`))
    }
  }
}).pipe(Effect.scoped)

await Effect.runPromise(main)
