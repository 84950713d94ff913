import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Backfills from "../src/store/Backfills.ts"
import * as Place from "../src/store/Place.ts"
import * as State from "../src/store/State.ts"
import { told as quantiles } from "./support/quantiles.ts"
import { generator } from "./support/random.ts"
import { allFinished, query, runsOf, until } from "./support/runnerProcess.ts"
import { format, type Started, World } from "./support/World.ts"

/** Set SEED to try other moments; KILLS for a storm (npm run storm). With every fifth kill the destination's server crashes, too. */
const SEED = Number(process.env["SEED"] ?? 20_260_131)
const KILLS = Number(process.env["KILLS"] ?? 10)
const HOURS = 2

layer(World.layer({ windows: HOURS, rows: 8_000 }), { timeout: 180_000, excludeTestServices: true })(
  "kill -9 of a runner",
  (it) => {
    it.effect(
      `${KILLS} kills (seed ${SEED}): every window is exported once, and what was under way goes on`,
      () =>
        Effect.gen(function* () {
          const world = yield* World
          const random = generator(SEED)
          const moments: Array<string> = []
          const resumed: Array<number> = []
          const loaded: Array<number> = []
          let crashes = 0
          const told = () => `seed ${SEED}, kills: ${moments.join(", ")}`

          /**
           * A table, a ledger and a state of its own: when all is exported, the next kills need new ones. The period of the
           * schedule changes with every start, and a backfill with windows of its own goes over the same time. When they have
           * ended, a backfill by force exports all of it once more: there the ledger keeps nobody from doubling but the run itself.
           */
          const generation = (n: number) => {
            const names = { table: `events_${n}`, ledgerTable: `ledger_${n}` }
            const folder = join(world.folder, `data-${n}`)
            const range = { start: world.windows[0]?.start ?? new Date(), end: world.windows.at(-1)?.end ?? new Date() }
            const files = ["15 minutes", "20 minutes", "hour"].map((every) =>
              world.config({
                destination: names,
                schedule: { every, startAt: range.start.toISOString(), endAt: range.end.toISOString(), concurrency: 2 },
              }),
            )
            const start = () =>
              world.start("start", "--config", files[Math.floor(random() * files.length)] ?? "", "--data", folder)
            const ask = Backfills.insert({
              export: "events",
              range: { start: range.start.getTime(), end: range.end.getTime() },
              // No window reaches over a full hour, since the one by force must hold whole ones.
              step: "12 minutes",
              mode: "once",
              concurrency: 1,
              windows: 10,
            }).pipe(Effect.provide(State.shared(Place.folder(folder))), Effect.provide(NodeServices.layer))
            const isDone = () =>
              allFinished(1)(runsOf(folder)) &&
              query(folder, "SELECT next_due_at FROM exports").every((row) => row["next_due_at"] === null) &&
              query(folder, "SELECT state FROM backfills").every(({ state }) => state === "completed")
            const verify = Effect.gen(function* () {
              assert.deepStrictEqual(
                runsOf(folder).filter(({ state }) => state !== "completed"),
                [],
                told(),
              )
              const ledger = yield* world.query<{ start: Date; end: Date }>(
                `SELECT window_start AS start, window_end AS end FROM ${world.schema}.${names.ledgerTable} ORDER BY 1`,
              )
              const accounted = query(folder, "SELECT * FROM occurrences ORDER BY window_start")
              for (const spans of [
                ledger.map((row) => [row.start.getTime(), row.end.getTime()] as const),
                accounted.map((row) => [Number(row["window_start"]), Number(row["window_end"])] as const),
              ]) {
                // From the first to the last instant, each in one window.
                assert.strictEqual(spans[0]?.[0], range.start.getTime(), told())
                for (const [index, [from]] of spans.slice(1).entries())
                  assert.strictEqual(from, spans[index]?.[1], told())
                assert.strictEqual(spans.at(-1)?.[1], range.end.getTime(), told())
              }
              return ledger
            })
            const records = Effect.map(
              world.query<{ record: string; copies: number }>(
                `SELECT md5(t::text) AS record, count(*)::int AS copies FROM ${world.schema}.${names.table} AS t GROUP BY 1`,
              ),
              (rows) => new Map(rows.map(({ copies, record }) => [record, copies])),
            )
            /** Every row of the source once. */
            const verifyOnce = Effect.gen(function* () {
              const comparison = yield* world.compare(yield* verify, names.table)
              assert.isTrue(comparison.equal, `${told()}: ${JSON.stringify(comparison)}`)
              return yield* records
            })
            const force = Effect.gen(function* () {
              const where = ["--config", files[0] ?? "", "--data", folder]
              const asked = ["--range", format(range), "--step", "hour", "--concurrency", "2", "--force"]
              const { code, stderr } = yield* world.cli("backfill", "start", "events", ...asked, ...where)
              assert.strictEqual(code, 0, `${told()}: ${stderr}`)
            })
            /** Every row twice as often as before. */
            const verifyTwice = Effect.fnUntraced(function* (before: ReadonlyMap<string, number>) {
              yield* verify
              const doubled = new Map(Array.from(before, ([record, copies]) => [record, 2 * copies] as const))
              assert.deepStrictEqual(yield* records, doubled, told())
            })
            return { ask, folder, force, isDone, start, verifyOnce, verifyTwice }
          }

          /** A process that has only begun to load its modules does not listen to signals yet. */
          const stopped = (runner: Started) =>
            Effect.promise(async () => {
              await runner.said("on schedule.")
              runner.kill("SIGTERM")
              assert.strictEqual((await runner.finished).code, 0, told())
            })

          let generations = 0
          let current = generation(generations)
          let child = current.start()
          /** What was there when all had been exported once; undefined: it has not. */
          let once: ReadonlyMap<string, number> | undefined
          const begun = Effect.gen(function* () {
            yield* Effect.promise(() => until(child, current.folder, (runs) => runs.length > 0))
            yield* current.ask
          })
          const forced = Effect.gen(function* () {
            once = yield* current.verifyOnce
            yield* current.force
          })
          const ended = Effect.gen(function* () {
            yield* stopped(child)
            yield* current.verifyTwice(once ?? new Map())
            once = undefined
          })
          const done = Effect.promise(() => until(child, current.folder, () => current.isDone()))
          /** What is to be done once all is done. */
          const next = Effect.gen(function* () {
            if (once === undefined) return yield* forced
            yield* ended
            current = generation(++generations)
            child = current.start()
            yield* begun
          })
          /** Waits for a moment at which there is something to kill. */
          const aimed = Effect.fnUntraced(function* (kill: number, part: number, inTransaction: boolean) {
            // Some of every ten kills are for the backfill by force.
            if (kill % 10 === 7 && once === undefined) yield* done
            do {
              if (current.isDone()) yield* next
              // Else a busy machine kills one window again and again, before any is done.
              if (kill % 3 === 2) {
                const before = completed(runsOf(current.folder))
                yield* Effect.promise(() =>
                  until(child, current.folder, (runs) => completed(runs) > before || current.isDone()),
                )
              }
              if (inTransaction) {
                yield* copying(current.isDone)
                yield* Effect.promise(() => sleep(part * 100))
              } else yield* Effect.promise(() => sleep(part * 2_000))
            } while (current.isDone())
          })
          yield* begun
          for (let kill = 0; kill < KILLS; kill++) {
            const part = random()
            const inTransaction = kill % 2 === 0
            yield* aimed(kill, part, inTransaction)
            const during = once === undefined ? "" : ", by force"
            moments.push(`${inTransaction ? "copying" : "anywhere"} ${part.toFixed(3)}${during}`)
            // While the runner lives, so that it meets a server that is gone and comes back, and then is killed amid that.
            if (kill % 5 === 4 && (yield* world.crash)) {
              crashes += 1
              moments.push(`and a crash of the server ${(part * 500).toFixed(0)} ms before`)
              yield* Effect.promise(() => sleep(part * 500))
            }
            child.kill("SIGKILL")
            yield* Effect.promise(() => child.finished)
            const attempts = sum(runsOf(current.folder))
            const killed = Date.now()
            child = current.start()
            const ready = child.said("on schedule.").then(() => Date.now() - killed)
            // Resumed: an attempt begins, or nothing was left to do.
            yield* Effect.promise(() =>
              until(child, current.folder, (runs) => sum(runs) > attempts || current.isDone()),
            )
            if (!current.isDone()) resumed.push(Date.now() - killed)
            loaded.push(yield* Effect.promise(() => ready))
          }
          yield* done
          if (once === undefined) yield* Effect.andThen(forced, done)
          yield* ended
          yield* nothingLeft
          process.stderr.write(
            `${told()}; ${KILLS} kills and ${crashes} crashes of the server over ${generations + 1} tables\n` +
              `resumed, ${resumed.length} times: ${quantiles(resumed)}; of that, the start of the process: ${quantiles(loaded)}\n`,
          )
        }),
      Math.max(600_000, KILLS * 20_000),
    )
  },
)

const sum = (runs: ReadonlyArray<{ readonly attempts: number }>) =>
  runs.reduce((all, { attempts }) => all + attempts, 0)

const completed = (runs: ReadonlyArray<{ readonly state: string }>) =>
  runs.filter(({ state }) => state === "completed").length

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
const copying = Effect.fnUntraced(function* (isDone: () => boolean) {
  const world = yield* World
  while (!isDone()) {
    const open = yield* world.query(
      `SELECT pid FROM pg_stat_activity WHERE usename = 'posthog' AND xact_start IS NOT NULL AND query ILIKE 'COPY%'`,
    )
    if (open.length > 0) return
    yield* Effect.promise(() => sleep(5))
  }
})
