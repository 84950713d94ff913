/**
 * Exports a million persons and a million sessions into Postgres and says what it took: `npm run test:volume:models`, with
 * `-- --count 200000` for fewer; `npm run test:volume:mappings`, ten million distinct_ids of two million persons, and then a day on
 * which a few persons change. Fails where the runner's memory grows with them, or where ClickHouse needs more than it is given.
 */
import { ClickHouseSource } from "@batch-exports/clickhouse-source"
import { ExportWindow, Window } from "@batch-exports/core"
import { clickHouse, postgres } from "@batch-exports/dev-services"
import { PostgresDestination } from "@batch-exports/postgres-destination"
import { ClickHouseLogLevel, createClient } from "@clickhouse/client"
import { Effect, Result } from "effect"
import { parseArgs } from "node:util"
import { changePersons, makePersons, makeSessions } from "./data.ts"
import { engineMemory } from "./engineMemory.ts"

const { values: said } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    keysPerQuery: { type: "string", default: "250000" },
    /** `persons` or `sessions`; both, unless given. */
    only: { type: "string" },
    /** Bytes for one query of ClickHouse. */
    memory: { type: "string", default: "1000000000" },
    /** How many distinct_ids the persons have. */
    mappings: { type: "string" },
  },
})
const count = Number(said.count)
const mostGrowth = 150_000_000

const mappings = said.mappings === undefined ? undefined : Number(said.mappings)

const window = Result.getOrThrow(Window.parse("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"))
const nextDay = Result.getOrThrow(Window.parse("2026-01-02T00:00:00Z/2026-01-03T00:00:00Z"))
/** Each of them with `mappings / count` names. */
const changed = 10_000

/** The highest memory of this process, what there was of it before, and the highest of the engine. */
const watched = <A, E>(work: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    globalThis.gc?.()
    const before = process.memoryUsage.rss()
    let peak = before
    let engine = 0
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
      engine = Math.max(engine, engineMemory())
    }, 20)
    const result = yield* Effect.ensuring(
      work,
      Effect.sync(() => clearInterval(timer)),
    )
    return { result, before, peak, engine }
  })

interface Wanted {
  readonly as: "inserted" | "updated" | "unchanged"
  readonly records: number
  /** The least part of all records that is received. */
  readonly least: number
}

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
    const idle = engineMemory()
    const expected = yield* Effect.promise(() => make(client, "volume", count, mappings))
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
    const exported = Effect.fnUntraced(function* (of: Window.Window, mode: "once" | "force", wanted: Wanted) {
      const run = { id: crypto.randomUUID(), export: name, window: of, mode }
      const started = performance.now()
      const { before, engine, peak, result } = yield* watched(ExportWindow.exportWindow({ source, destination, run }))
      const seconds = (performance.now() - started) / 1000
      if (result._tag !== "Exported") return yield* Effect.die(new Error(`${name} were exported already`))
      const { bytes, encoding, stored, timings } = result
      console.log(
        `${name} (${mode}): ${stored.received} records, ${stored.inserted} inserted, ${stored.updated} updated, ${stored.unchanged} unchanged; ` +
          `${seconds.toFixed(1)} s, of which ${(timings.transfer / 1000).toFixed(1)} s transfer; ${megabytes(bytes)} of ${encoding}; ` +
          `runner memory ${megabytes(before)} before, ${megabytes(peak)} at most; ClickHouse ${megabytes(idle)} idle, ${megabytes(engine)} at most`,
      )
      if (stored.received < expected * wanted.least || stored[wanted.as] !== wanted.records) {
        return yield* Effect.die(new Error(`${name}: ${wanted.records} ${wanted.as} were expected`))
      }
      if (peak - before > mostGrowth) return yield* Effect.die(new Error(`${name}: the runner's memory grew`))
      // What a query may use, what the engine keeps between queries, and what its allocator has not given back.
      if (engine > idle + 2 * Number(said.memory) + 1e9) {
        return yield* Effect.die(new Error(`${name}: ClickHouse used more than it was given`))
      }
    })
    yield* exported(window, "once", { as: "inserted", records: expected, least: 1 })
    if (mappings === undefined) yield* exported(window, "force", { as: "unchanged", records: expected, least: 1 })
    else {
      yield* Effect.promise(() => changePersons(client, "volume", changed))
      yield* exported(nextDay, "once", { as: "updated", records: changed * (mappings / count), least: 0 })
    }
  }
}).pipe(Effect.scoped)

await Effect.runPromise(main)
