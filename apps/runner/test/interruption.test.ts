/** An export that is interrupted while it copies leaves nothing behind: not in ClickHouse, not in Postgres. */
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Window } from "@batch-exports/core"
import { Effect, Fiber, Result } from "effect"
import { runExport } from "../src/runExport.ts"
import { clickHouseClient } from "./support/clients.ts"
import { configuration } from "./support/runner.ts"
import { format, World } from "./support/World.ts"

/** Milliseconds after which everything must be over. What it took is printed: a machine that is busy may need longer than two seconds. */
const BOUND = 10_000

const until = Effect.fnUntraced(function* (
  what: string,
  holds: Effect.Effect<boolean>,
  from = Date.now(),
  bound = BOUND,
) {
  while (!(yield* holds)) {
    if (Date.now() - from > bound) return assert.fail(`${what}: not so after ${bound} ms`)
    yield* Effect.sleep("5 millis")
  }
  return Date.now() - from
})

layer(World.layer({ windows: 1, rows: 5_000 }), { timeout: 180_000, excludeTestServices: true })(
  "an export that is interrupted",
  (it) => {
    const prepare = Effect.fnUntraced(function* (name: string) {
      const world = yield* World
      const client = yield* clickHouseClient(world.ch)
      const count = (query: string) =>
        Effect.promise(async () => {
          const result = await client.query({ query, format: "JSONEachRow" })
          return Number((await result.json<{ n: string | number }>())[0]?.n)
        })
      // Enough that COPY is still under way, whoever looks.
      if ((yield* count("SELECT count() AS n FROM posthog.events")) < 100_000) {
        yield* Effect.promise(() =>
          client.command({
            query:
              "INSERT INTO posthog.events SELECT * EXCEPT (copy) REPLACE (generateUUIDv4(copy) AS uuid) FROM (SELECT *, arrayJoin(range(30)) AS copy FROM posthog.events)",
          }),
        )
      }
      const names = { table: `events_${name}`, ledgerTable: `ledger_${name}` }
      const file = world.config({ destination: names })
      const queries = count(
        "SELECT count() AS n FROM system.processes WHERE query LIKE '%FORMAT Template%' AND query NOT LIKE '%system.processes%'",
      )
      const backends = Effect.map(
        world.query<{ state: string; xact: Date | null }>(
          "SELECT state, xact_start AS xact FROM pg_stat_activity WHERE usename = 'posthog'",
        ),
        (rows) => rows.filter(({ state, xact }) => state !== "idle" || xact !== null).length,
      )
      const copying = Effect.map(
        world.query<{ n: number }>("SELECT count(*)::int AS n FROM pg_stat_progress_copy WHERE bytes_processed > 1e6"),
        ([row]) => row?.n === 1,
      )
      const left = Effect.map(
        world.query<{ relname: string }>(
          `SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND (relnamespace = '${world.schema}'::regnamespace AND relname NOT IN ('${names.table}', '${names.ledgerTable}')
             AND relname NOT LIKE 'events\\_%' AND relname NOT LIKE 'ledger\\_%' OR relpersistence = 't' OR relname ILIKE '%staging%')`,
        ),
        (rows) => rows.map(({ relname }) => relname),
      )
      /** The times that it took from the interruption on, until nothing was there. */
      const nothingLeft = Effect.fnUntraced(function* (from: number) {
        const query = yield* until(
          "the query is gone",
          Effect.map(queries, (n) => n === 0),
          from,
        )
        const backend = yield* until(
          "no transaction is open",
          Effect.map(backends, (n) => n === 0),
          from,
        )
        assert.deepStrictEqual(yield* world.counts(names.table, names.ledgerTable), { table: 0, ledger: 0, windows: 0 })
        assert.deepStrictEqual(yield* left, [])
        return `query gone by ${query} ms, no transaction by ${backend} ms`
      })
      const underWay = Effect.gen(function* () {
        yield* until("COPY is under way", copying, Date.now(), 90_000)
        assert.strictEqual(yield* queries, 1)
        assert.strictEqual(yield* backends, 1)
      })
      return { world, file, underWay, nothingLeft }
    })

    it.effect(
      "as a fiber",
      () =>
        Effect.gen(function* () {
          const { file, nothingLeft, underWay, world } = yield* prepare("fiber")
          const definition = configuration(file, world.env).exports.get("events")
          assert.isDefined(definition)
          const window = Result.getOrThrow(Window.parse(format(world.windows[0])))
          const run = runExport({ export: definition, window, runId: "an interrupted run" }).pipe(
            Effect.provide(NodeServices.layer),
          )
          const fiber = yield* Effect.forkChild(run)
          yield* underWay
          const from = Date.now()
          yield* Fiber.interrupt(fiber)
          const ended = Date.now() - from
          console.log(`fiber: ended after ${ended} ms, ${yield* nothingLeft(from)}`)
          assert.isBelow(ended, BOUND)
        }),
      150_000,
    )

    it.effect(
      "as a process, by Ctrl-C",
      () =>
        Effect.gen(function* () {
          const { file, nothingLeft, underWay, world } = yield* prepare("process")
          const child = world.start("run", "events", "--json", "--config", file, "--window", format(world.windows[0]))
          yield* underWay
          const from = Date.now()
          child.kill("SIGINT")
          const { code, stdout } = yield* Effect.promise(() => child.finished)
          const ended = Date.now() - from
          assert.strictEqual(code, 130)
          assert.strictEqual(stdout, "")
          console.log(`process: ended after ${ended} ms, ${yield* nothingLeft(from)}`)
          assert.isBelow(ended, BOUND)
        }),
      150_000,
    )
  },
)
