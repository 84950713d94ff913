/** The Postgres that holds the state is away for a minute, while two runners have work. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { cluster, until } from "../support/cluster.ts"
import { listening } from "../support/listening.ts"
import { locked, waitingForLock } from "../support/locked.ts"
import { stoppable } from "../support/stoppable.ts"
import { World } from "../support/World.ts"

/** Seconds. */
const OUTAGE = Number(process.env["OUTAGE"] ?? 65)

layer(World.layer({ windows: 2, rows: 8_000 }), { timeout: 180_000, excludeTestServices: true })(
  "a state that is away",
  (it) => {
    it.effect(
      `for ${OUTAGE} s: runners say so, wait, and go on by themselves`,
      () =>
        Effect.gen(function* () {
          const state = yield* stoppable()
          const { generation, query, reconnect } = yield* cluster(state.server)
          const work = generation("away", { every: "5 minutes", concurrency: 4 }, { listen: "127.0.0.1:0" })
          const url = `${state.server.url}&schema=${work.schema}`
          const world = yield* World
          const runners = [0, 1].map(() => listening(world.start("start", "--config", work.file, "--state", url)))
          const completed = Effect.map(work.runs, (all) => all.filter((run) => run.state === "completed").length)
          const answers = (path: string) =>
            Effect.promise(() => Promise.all(runners.map(({ ask }) => ask(path)))).pipe(
              Effect.map((all) => all.map(({ status, text }) => `${status} ${text}`)),
            )
          const both = (answer: string) => (all: ReadonlyArray<string>) => all.every((each) => each === answer)

          yield* until(Effect.map(completed, (n) => n >= 4))
          assert.deepStrictEqual(yield* answers("/readyz"), ["200 ok", "200 ok"])
          const { before, since: from } = yield* locked(
            work.names.table,
            Effect.gen(function* () {
              yield* waitingForLock
              const before = runners.map(({ lines }) => lines().length)
              yield* state.stop
              const since = Date.now()
              // Whoever waits commits meanwhile, or is rolled back.
              yield* Effect.promise(() => sleep(1_000))
              return { before, since }
            }),
          )
          const notReady = both("503 the state database does not answer")
          yield* until(Effect.map(answers("/readyz"), notReady))
          process.stderr.write(`not ready ${Date.now() - from} ms after the state was gone\n`)
          const status = yield* world.cli("status", "--state", url)
          assert.strictEqual(status.code, 1)
          assert.match(status.stderr, /^error: the state on .* cannot be used: .*\n {2}to do {3}.*\n$/)
          while (Date.now() - from < OUTAGE * 1_000) {
            assert.isTrue(notReady(yield* answers("/readyz")))
            // To start it again would help nobody.
            assert.deepStrictEqual(yield* answers("/healthz"), ["200 ok", "200 ok"])
            yield* Effect.promise(() => sleep(1_000))
          }
          const said = runners.map(({ lines }, index) => lines().slice(before[index]))
          process.stderr.write(`lines of log in ${OUTAGE} s: ${said.map((lines) => lines.length).join(" and ")}\n`)
          for (const lines of said) assert.isAtMost(lines.length, 10 + OUTAGE / 60, lines.join("\n"))

          yield* state.start
          const back = Date.now()
          yield* reconnect
          yield* until(Effect.map(answers("/readyz"), both("200 ok")))
          process.stderr.write(`ready again ${Date.now() - back} ms after the state was back\n`)
          yield* until(work.isDone)
          // Each has its share again.
          const shares = query<{ address: string }>(
            `SELECT DISTINCT address FROM ${work.schema}.cluster_locks WHERE acquired_at > now() - interval '8 seconds'`,
          )
          yield* until(Effect.map(shares, (rows) => rows.length === 2))
          process.stderr.write(`all done ${Date.now() - back} ms after the state was back\n`)
          for (const { child } of runners) assert.isNull(child.exitCode)
          const twice = yield* query(
            `SELECT run_id FROM ${work.schema}.run_logs WHERE message LIKE 'completed: %' GROUP BY run_id HAVING count(*) > 1`,
          )
          assert.deepStrictEqual(twice, [])
          for (const { child } of runners) child.kill("SIGTERM")
          for (const { child } of runners) {
            const { code, stderr } = yield* Effect.promise(() => child.finished)
            assert.strictEqual(code, 0)
            assert.notInclude(stderr, "internal error")
          }
          yield* work.verify("after the outage")
        }),
      (OUTAGE + 240) * 1_000,
    )
  },
)
