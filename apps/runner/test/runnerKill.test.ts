import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { generator } from "./support/random.ts"
import { allFinished, query, runsOf, until } from "./support/runnerProcess.ts"
import { World } from "./support/World.ts"

/** Set SEED to try other moments; KILLS for a storm (npm run storm). */
const SEED = Number(process.env["SEED"] ?? 20_260_131)
const KILLS = Number(process.env["KILLS"] ?? 10)
const HOURS = 2
const WINDOWS = HOURS * 4

layer(World.layer({ windows: HOURS, rows: 8_000 }), { timeout: 180_000 })("kill -9 of a runner", (it) => {
  it.effect(
    `${KILLS} kills (seed ${SEED}): every window is exported once, and what was under way goes on`,
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const random = generator(SEED)
        const moments: Array<string> = []
        const resumed: Array<number> = []
        const told = () => `seed ${SEED}, kills: ${moments.join(", ")}`

        /** A table, a ledger and a state of its own: when all is exported, the next kills need new ones. */
        const generation = (n: number) => {
          const names = { table: `events_${n}`, ledgerTable: `ledger_${n}` }
          const folder = join(world.folder, `data-${n}`)
          const schedule = {
            every: "15 minutes",
            startAt: world.windows[0]?.start.toISOString(),
            endAt: world.windows.at(-1)?.end.toISOString(),
            concurrency: 2,
          }
          const file = world.config({ destination: names, schedule })
          const start = () => world.start("start", "--config", file, "--data", folder)
          const verify = Effect.gen(function* () {
            const comparison = yield* world.compare(world.windows, names.table)
            assert.isTrue(comparison.equal, `${told()}: ${JSON.stringify(comparison)}`)
            const ledger = yield* world.query<{ windows: number }>(
              `SELECT count(*)::int AS windows FROM ${world.schema}.${names.ledgerTable}`,
            )
            assert.strictEqual(ledger[0]?.windows, WINDOWS, told())
            assert.strictEqual(runsOf(folder).length, WINDOWS, told())
            assert.isTrue(
              runsOf(folder).every(({ state }) => state === "completed"),
              told(),
            )
            const [accounted] = query(folder, "SELECT COUNT(*) AS n FROM occurrences WHERE outcome = 'run'")
            assert.strictEqual(Number(accounted?.["n"]), WINDOWS, told())
          })
          return { folder, start, verify }
        }

        let generations = 0
        let current = generation(generations)
        let child = current.start()
        for (let kill = 0; kill < KILLS; kill++) {
          const before = yield* Effect.promise(() => until(child, current.folder, (runs) => runs.length > 0))
          if (before.every(({ state }) => state === "completed")) {
            child.kill("SIGTERM")
            assert.strictEqual((yield* Effect.promise(() => child.finished)).code, 0, told())
            yield* current.verify
            current = generation(++generations)
            child = current.start()
            yield* Effect.promise(() => until(child, current.folder, (runs) => runs.length > 0))
          }
          const part = random()
          const inTransaction = kill % 2 === 0
          if (inTransaction) {
            yield* copying(child)
            yield* Effect.promise(() => sleep(part * 100))
          } else yield* Effect.promise(() => sleep(part * 2_000))
          moments.push(`${inTransaction ? "copying" : "anywhere"} ${part.toFixed(3)}`)
          const attempts = sum(runsOf(current.folder))
          child.kill("SIGKILL")
          yield* Effect.promise(() => child.finished)
          const started = Date.now()
          child = current.start()
          // Resumed: an attempt begins, or nothing was left to do.
          yield* Effect.promise(() =>
            until(child, current.folder, (runs) => sum(runs) > attempts || allFinished(WINDOWS)(runs)),
          )
          resumed.push(Date.now() - started)
        }
        yield* Effect.promise(() => until(child, current.folder, allFinished(WINDOWS)))
        child.kill("SIGTERM")
        assert.strictEqual((yield* Effect.promise(() => child.finished)).code, 0, told())
        yield* current.verify
        yield* nothingLeft
        process.stderr.write(
          `${told()}; resumed after ${Math.min(...resumed)} to ${Math.max(...resumed)} ms, start-up of the process included\n`,
        )
      }),
    Math.max(300_000, KILLS * 15_000),
  )
})

const sum = (runs: ReadonlyArray<{ readonly attempts: number }>) =>
  runs.reduce((all, { attempts }) => all + attempts, 0)

const nothingLeft = Effect.gen(function* () {
  const world = yield* World
  assert.deepStrictEqual(yield* world.query(`SELECT pid FROM pg_stat_activity WHERE usename = 'posthog'`), [])
  const tables = yield* world.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = '${world.schema}'::regnamespace`,
  )
  assert.isTrue(
    tables.every(({ name }) => /^(events|ledger)_\d+$/.test(name)),
    tables.map(({ name }) => name).join(", "),
  )
})

/** Waits until a COPY is seen, or everything is done: a small window may be over between two looks. */
const copying = Effect.fnUntraced(function* (child: { readonly exitCode: number | null }) {
  const world = yield* World
  for (let looks = 0; child.exitCode === null && looks < 2_000; looks++) {
    const open = yield* world.query(
      `SELECT pid FROM pg_stat_activity WHERE usename = 'posthog' AND xact_start IS NOT NULL AND query ILIKE 'COPY%'`,
    )
    if (open.length > 0) return
    yield* Effect.promise(() => sleep(5))
  }
})
