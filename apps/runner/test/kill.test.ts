import { Effect } from "effect"
import { assert, layer } from "@effect/vitest"
import { setTimeout as sleep } from "node:timers/promises"
import { format, World } from "./support/World.ts"

/** Set SEED to try other moments; the failing ones are printed. */
const SEED = Number(process.env["SEED"] ?? 20_260_131)
const KILLS = 20

/** mulberry32: a small generator, so that a seed names the same moments everywhere. */
const generator = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

layer(World.layer({ windows: 4, rows: 24_000 }), { timeout: 180_000 })("kill -9 of a running export", (it) => {
  it.effect(
    `${KILLS} kills at random moments (seed ${SEED}): never a row lost or doubled`,
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const random = generator(SEED)
        const file = world.config()
        const args = (index: number) =>
          ["run", "events", "--json", "--config", file, "--window", format(world.windows[index])] as const

        const started = Date.now()
        const first = yield* world.cli(...args(0))
        assert.strictEqual(first.code, 0, first.stderr)
        const usual = Date.now() - started

        let committed = 1
        const moments: Array<number> = []
        for (let kill = 0; kill < KILLS; kill++) {
          // From the first instructions to a little past the usual end.
          const moment = Math.round(usual * (0.25 + 0.85 * random()))
          moments.push(moment)
          yield* Effect.promise(async () => {
            const child = world.start(...args(Math.min(committed, world.windows.length - 1)))
            await sleep(moment)
            child.kill("SIGKILL")
            await child.finished
          })
          const after = yield* world.counts
          assert.strictEqual(
            after.table,
            after.ledger,
            `seed ${SEED}, kills at ${moments.join(", ")} ms of about ${usual}`,
          )
          committed = Math.max(1, after.windows)
        }

        for (const index of world.windows.keys()) {
          const done = yield* world.cli(...args(index))
          assert.strictEqual(done.code, 0, done.stderr)
        }
        const comparison = yield* world.compare()
        assert.isTrue(
          comparison.equal,
          `seed ${SEED}, kills at ${moments.join(", ")} ms: ${JSON.stringify(comparison)}`,
        )
        const backends = yield* world.query(`SELECT pid FROM pg_stat_activity WHERE usename = 'posthog'`)
        assert.deepStrictEqual(backends, [])
      }),
    300_000,
  )
})
