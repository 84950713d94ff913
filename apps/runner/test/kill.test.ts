import { Effect } from "effect"
import { assert, layer } from "@effect/vitest"
import { setTimeout as sleep } from "node:timers/promises"
import { generator } from "./support/random.ts"
import { format, World } from "./support/World.ts"

/** Set SEED to try other moments, KILLS for more of them (npm run storm); the failing ones are printed. */
const SEED = Number(process.env["SEED"] ?? 20_260_131)
const KILLS = Number(process.env["KILLS"] ?? 6)

/** Half of the kills at any moment of a run, half while its transaction is seen to be open. */
type Aim = "anywhere" | "in the transaction"

layer(World.layer({ windows: 4, rows: 20_000 }), { timeout: 180_000 })("kill -9 of a running export", (it) => {
  it.effect(
    `${KILLS} kills at random moments (seed ${SEED}): never a row lost or doubled`,
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const random = generator(SEED)

        /** A table and a ledger of its own: when all windows are exported, the next kills need new ones. */
        const generation = (n: number) => {
          const names = { table: `events_${n}`, ledgerTable: `ledger_${n}` }
          const file = world.config({ destination: names })
          const args = (index: number) =>
            ["run", "events", "--json", "--config", file, "--window", format(world.windows[index])] as const
          const finish = Effect.gen(function* () {
            for (const index of world.windows.keys()) {
              const done = yield* world.cli(...args(index))
              assert.strictEqual(done.code, 0, done.stderr)
            }
            const comparison = yield* world.compare(world.windows, names.table)
            assert.isTrue(comparison.equal, `${told()}: ${JSON.stringify(comparison)}`)
          })
          return { args, finish, counts: world.counts(names.table, names.ledgerTable) }
        }

        const moments: Array<string> = []
        const told = () => `seed ${SEED}, kills ${moments.join(", ")}`

        let generations = 0
        let current = generation(generations)
        const started = Date.now()
        yield* Effect.promise(() => world.start(...current.args(0)).finished)
        const usual = Date.now() - started
        let exported = 1

        for (let kill = 0; kill < KILLS; kill++) {
          if (exported === world.windows.length) {
            yield* current.finish
            current = generation(++generations)
            exported = 0
          }
          const aim: Aim = kill % 2 === 0 ? "in the transaction" : "anywhere"
          const part = random()
          const child = world.start(...current.args(exported))
          if (aim === "in the transaction") {
            yield* transactionOf(child)
            yield* Effect.promise(() => sleep(part * 100))
          } else yield* Effect.promise(() => sleep(part * usual))
          moments.push(`${aim} ${part.toFixed(3)}`)
          child.kill("SIGKILL")
          yield* Effect.promise(() => child.finished)
          const after = yield* current.counts
          assert.strictEqual(after.table, after.ledger, told())
          exported = after.windows
        }
        yield* current.finish
        assert.deepStrictEqual(yield* world.query(`SELECT pid FROM pg_stat_activity WHERE usename = 'posthog'`), [])
      }),
    Math.max(400_000, KILLS * 20_000),
  )
})

/** Waits until the export has a transaction open, or has ended: a small window may be over between two looks. */
const transactionOf = Effect.fnUntraced(function* (child: { readonly exitCode: number | null }) {
  const world = yield* World
  while (child.exitCode === null) {
    const open = yield* world.query(
      `SELECT pid FROM pg_stat_activity WHERE usename = 'posthog' AND xact_start IS NOT NULL AND query ILIKE 'COPY%'`,
    )
    if (open.length > 0) return
    yield* Effect.promise(() => sleep(5))
  }
})
