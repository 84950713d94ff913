/** A run is cancelled by somebody else than the runner that has it in hand: how long until nothing of it is there. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { clickHouseClient } from "../support/clients.ts"
import { cluster, until } from "../support/cluster.ts"
import { listening } from "../support/listening.ts"
import { locked, waitingForLock } from "../support/locked.ts"
import { stalling } from "../support/stalling.ts"
import { World } from "../support/World.ts"

/** Milliseconds, from the answer to whoever cancelled. */
const BOUND = 2_000

layer(World.layer({ windows: 1, rows: 12_000 }), { timeout: 180_000, excludeTestServices: true })(
  "a run that another process cancels",
  (it) => {
    it.effect(
      `is gone within ${BOUND} ms: from its runner, from ClickHouse and from Postgres`,
      () =>
        Effect.gen(function* () {
          const world = yield* World
          const { generation } = yield* cluster()
          const way = yield* stalling(Number(new URL(world.ch.url).port), 1_000_000)
          const work = generation(
            "cancelled",
            { every: "hour" },
            { listen: "127.0.0.1:0" },
            { url: `http://127.0.0.1:${way.port}` },
          )
          const { names } = work
          way.hold()
          const runners = [work.start(), work.start()].map(listening)
          const client = yield* clickHouseClient(world.ch)
          const queries = Effect.promise(async () => {
            const query =
              "SELECT query FROM system.processes WHERE query LIKE '%FORMAT Template%' AND query NOT LIKE '%system.processes%'"
            return (await (await client.query({ query, format: "JSONEachRow" })).json()).length
          })
          /** In a transaction, as while the lock is held, the server's figures stay as they were first seen. */
          const transactions = Effect.andThen(
            world.query("SELECT pg_stat_clear_snapshot()"),
            Effect.map(
              world.query("SELECT pid FROM pg_stat_activity WHERE usename = 'posthog' AND xact_start IS NOT NULL"),
              (rows) => rows.length,
            ),
          )
          const copying = Effect.andThen(
            world.query("SELECT pg_stat_clear_snapshot()"),
            Effect.map(
              world.query("SELECT pid FROM pg_stat_progress_copy WHERE bytes_processed > 100000"),
              (rows) => rows.length > 0,
            ),
          )
          const state = Effect.map(work.runs, ([run]) => run?.state)
          const after = (from: number, what: Effect.Effect<boolean>) => Effect.map(until(what), () => Date.now() - from)

          const underWay = Effect.gen(function* () {
            yield* until(Effect.map(state, (now) => now === "running"))
            const held = yield* Effect.forEach(runners, ({ child }) => work.heldBy(child))
            const other = runners.find((_, index) => held[index]?.length === 0)
            const run = held.flat()[0]
            assert.isDefined(other)
            assert.isDefined(run)
            return { other, run }
          })

          const byCommand = Effect.fnUntraced(function* () {
            const { run } = yield* underWay
            const { code, stderr } = yield* Effect.promise(
              () => world.start("cancel", run.id.slice(0, 8), "--state", work.url).finished,
            )
            assert.strictEqual(code, 0, stderr)
          })
          const overApi = Effect.fnUntraced(function* () {
            const { other, run } = yield* underWay
            const { status, text } = yield* Effect.promise(() => other.ask(`/api/runs/${run.id}/cancel`, "POST"))
            assert.strictEqual(status, 200, text)
          })
          const again = Effect.gen(function* () {
            const [run] = yield* work.runs
            const { status, text } = yield* Effect.promise(
              () => runners[0]?.ask(`/api/runs/${run?.id}/retry`, "POST") ?? Promise.reject(new Error("no runner")),
            )
            assert.strictEqual(status, 200, text)
          })

          const cancelled = Effect.fnUntraced(function* (what: string, cancel: Effect.Effect<void, never, World>) {
            assert.isAbove(yield* transactions, 0)
            yield* cancel
            const from = Date.now()
            const times = yield* Effect.all(
              {
                run: after(
                  from,
                  Effect.map(state, (now) => now === "cancelled"),
                ),
                query: after(
                  from,
                  Effect.map(queries, (n) => n === 0),
                ),
                transaction: after(
                  from,
                  Effect.map(transactions, (n) => n === 0),
                ),
              },
              { concurrency: 3 },
            )
            process.stderr.write(`${what}: ${JSON.stringify(times)} ms\n`)
            for (const time of Object.values(times)) assert.isBelow(time, BOUND, what)
            const left = yield* world.query(
              `SELECT relname FROM pg_class WHERE relkind = 'r' AND (relpersistence = 't' OR relnamespace = '${world.schema}'::regnamespace AND relname NOT IN ('${names.table}', '${names.ledgerTable}'))`,
            )
            assert.deepStrictEqual(left, [])
          })

          yield* until(copying)
          yield* cancelled("in COPY, by command", byCommand())
          yield* again
          yield* until(copying)
          yield* cancelled("in COPY, over the API of the other runner", overApi())
          assert.deepStrictEqual(yield* world.counts(names.table, names.ledgerTable), {
            table: 0,
            ledger: 0,
            windows: 0,
          })
          for (const [what, cancel] of [
            ["waiting for a lock, by command", byCommand()],
            ["waiting for a lock, over the API of the other runner", overApi()],
          ] as const) {
            yield* locked(names.table, Effect.andThen(Effect.andThen(again, waitingForLock), cancelled(what, cancel)))
          }
          way.release()
          yield* again
          yield* until(work.isDone)
          yield* work.verify("after it was cancelled")
        }),
      180_000,
    )
  },
)
