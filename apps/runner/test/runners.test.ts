/** Two runners on one state, one of which freezes and one of which dies, and what must have become of every window. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { storm } from "./storm/storm.ts"
import { World } from "./support/World.ts"

layer(World.layer({ windows: 2, rows: 8_000 }), { timeout: 180_000, excludeTestServices: true })(
  "several runners",
  (it) => {
    it.effect(
      "a freeze and a kill: nothing is lost or doubled, and others take over",
      () =>
        Effect.gen(function* () {
          const { takeovers, told } = yield* storm({
            seed: 20_260_131,
            runners: 2,
            faults: ["freeze", "kill"],
            minutes: 20,
            look: looksAround,
          })
          assert.isNotEmpty(takeovers, told)
        }),
      300_000,
    )
  },
)

/** The command line is a client alone: it sees the runners, and what any of them does. */
const looksAround = Effect.fnUntraced(function* (url: string) {
  const world = yield* World
  const runners = yield* world.cli("runners", "--json", "--state", url)
  const found = JSON.parse(runners.stdout) as ReadonlyArray<{ readonly state: string; readonly shards: number }>
  assert.isTrue(found.length > 0 && found.every(({ state }) => state === "running"), runners.stdout)
  assert.isAbove(Math.max(...found.map(({ shards }) => shards)), 0, runners.stdout)
  const runs = yield* world.cli("runs", "--export", "events", "--json", "--state-url", url)
  assert.isAbove((JSON.parse(runs.stdout) as ReadonlyArray<unknown>).length, 0, runs.stdout)
  assert.include((yield* world.cli("status", "--state", url)).stdout, "runner  running")
})
