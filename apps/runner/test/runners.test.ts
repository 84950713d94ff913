/** Several runners on one state, which die, freeze and are cut off, and what must have become of every window. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { cluster, until } from "./support/cluster.ts"
import { generator } from "./support/random.ts"
import { type Started, World } from "./support/World.ts"

/** Set FAULTS for a storm (npm run storm:cluster), SEED for another one, RUNNERS for more processes. */
const SEED = Number(process.env["SEED"] ?? 20_260_131)
const FAULTS = Number(process.env["FAULTS"] ?? 0)
const RUNNERS = Number(process.env["RUNNERS"] ?? 2)

type Fault = "kill" | "freeze" | "stop" | "state away" | "state crash" | "destination crash"

const all: ReadonlyArray<Fault> = [
  ...(["kill", "kill", "kill", "freeze", "freeze"] as const),
  ...(["stop", "state away", "state crash", "destination crash"] as const),
]

layer(World.layer({ windows: 2, rows: 8_000 }), { timeout: 180_000, excludeTestServices: true })(
  "several runners",
  (it) => {
    const ordinary: ReadonlyArray<Fault> = ["freeze", "kill"]
    const count = FAULTS === 0 ? ordinary.length : FAULTS

    it.effect(
      `${count} faults among ${RUNNERS} (seed ${SEED}): nothing is lost or doubled, and others take over`,
      () =>
        Effect.gen(function* () {
          const world = yield* World
          const { crash, door, generation } = yield* cluster()
          const random = generator(SEED)
          const moments: Array<string> = []
          const takeovers: Array<number> = []
          const told = () => `seed ${SEED}, ${RUNNERS} runners: ${moments.join(", ")}`
          const pause = (millis: number) => Effect.promise(() => sleep(millis))

          let generations = 0
          const next = () =>
            generation(String(generations++), { every: FAULTS === 0 ? "20 minutes" : "10 minutes", concurrency: 3 })
          let current = next()
          const children: Array<Started> = []
          const man = () => {
            while (children.length < RUNNERS) children.push(current.start())
          }
          const remove = (child: Started) => children.splice(children.indexOf(child), 1)
          /** One that could not reach its state when it started has ended, as it should; it is started again. */
          const revive = Effect.sync(() => {
            for (const child of children.filter((each) => each.exitCode !== null)) remove(child)
            man()
          })

          /** Waits until somebody else has what this one had, or it has ended. */
          const takenOver = Effect.fnUntraced(function* (held: ReadonlyArray<{ id: string; claim: number }>) {
            const since = Date.now()
            yield* until(
              Effect.map(Effect.andThen(revive, current.runs), (runs) =>
                held.every(({ claim, id }) =>
                  runs.some((run) => run.id === id && (run.claim !== claim || run.state !== "running")),
                ),
              ),
            )
            if (held.length > 0) takeovers.push(Date.now() - since)
          })

          const strike = Effect.fnUntraced(function* (fault: Fault) {
            const part = random()
            yield* pause(part * 300)
            // Whoever has a run in hand; failing that, any.
            let victim = children[Math.floor(random() * children.length)]
            for (const child of children) if ((yield* current.heldBy(child)).length > 0) victim = child
            if (victim === undefined) return
            moments.push(`${fault} ${part.toFixed(3)}`)
            const held = yield* current.heldBy(victim)
            switch (fault) {
              case "kill": {
                victim.kill("SIGKILL")
                yield* takenOver(held)
                remove(victim)
                return man()
              }
              case "freeze": {
                victim.kill("SIGSTOP")
                yield* takenOver(held)
                // Past its lease, it finds that the others went on without it.
                yield* pause(random() * 2_000)
                victim.kill("SIGCONT")
                return
              }
              case "stop": {
                // Killed, where it had not got so far as to listen to signals.
                victim.kill("SIGTERM")
                yield* Effect.promise(() => victim.finished)
                remove(victim)
                return man()
              }
              case "state away": {
                door.close()
                yield* pause(3_000 + random() * 6_000)
                return door.open()
              }
              case "state crash":
                return yield* crash
              case "destination crash":
                yield* world.crash
            }
          })

          man()
          for (let n = 0; n < count; n++) {
            if (yield* current.isDone) {
              yield* Effect.promise(() => Promise.all(children.map((child) => (child.kill("SIGTERM"), child.finished))))
              children.length = 0
              yield* current.verify(told())
              current = next()
              man()
            }
            // A living runner has something in hand, or all is done.
            const busy = Effect.suspend(() => Effect.forEach(children, current.heldBy)).pipe(
              Effect.map((held) => held.flat().length > 0),
            )
            yield* until(
              Effect.andThen(
                revive,
                Effect.zipWith(busy, current.isDone, (one, other) => one || other),
              ),
            )
            if (n === 0) yield* looksAround(current.url)
            yield* strike(FAULTS === 0 ? (ordinary[n] ?? "kill") : (all[Math.floor(random() * all.length)] ?? "kill"))
          }
          yield* until(Effect.andThen(revive, current.isDone))
          const ends = yield* Effect.promise(() =>
            Promise.all(children.map((child) => (child.kill("SIGTERM"), child.finished))),
          )
          yield* current.verify(told())
          for (const { stderr } of ends) assert.notInclude(stderr, "internal error", told())
          const times = takeovers.toSorted((a, b) => a - b)
          const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]
          process.stderr.write(
            `${told()}; ${generations} tables; ${times.length} takeovers, p50 ${at(0.5)}, p95 ${at(0.95)}, max ${times.at(-1)} ms\n`,
          )
        }),
      Math.max(300_000, count * 30_000),
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
