/** Runners on one state, which die, freeze and are cut off, one fault after another; and what must hold after each of them. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { cluster, until } from "../support/cluster.ts"
import { gate, type Line } from "../support/gate.ts"
import { generator } from "../support/random.ts"
import { type Started, World } from "../support/World.ts"
import { audit, sourceRows } from "./audit.ts"

export type Fault = "kill" | "freeze" | "stop" | "state away" | "state crash" | "destination crash"

export interface Options {
  readonly seed: number
  readonly runners: number
  readonly faults: ReadonlyArray<Fault>
  /** Of each window of the world's hours. */
  readonly minutes: number
  /** How fast the source answers, so that runs can be met in the middle. */
  readonly line?: Line
  /** Once, when a run is in hand: the URL of the state. */
  readonly look?: (url: string) => Effect.Effect<void, never, World>
  readonly say?: (line: string) => void
}

/** A fault that nobody recovers from. */
const STUCK = "3 minutes"

const often: ReadonlyArray<Fault> = [
  ...(["kill", "kill", "kill", "freeze", "freeze"] as const),
  ...(["stop", "state away", "state crash", "destination crash"] as const),
]

export const faultsOf = (seed: number, count: number): ReadonlyArray<Fault> => {
  const random = generator(seed)
  return Array.from({ length: count }, () => often[Math.floor(random() * often.length)] ?? "kill")
}

export const storm = Effect.fnUntraced(function* (options: Options) {
  const { faults, line, minutes, runners, seed } = options
  const world = yield* World
  const servers = yield* cluster()
  const rows = yield* sourceRows(minutes)
  const source = line === undefined ? {} : { url: yield* slowed(world.ch.url, line) }
  const random = generator(seed)
  const moments: Array<string> = []
  /** Milliseconds until others had all that a runner had that died or froze: where one was there, and where one had to start first. */
  const takeovers: Array<number> = []
  const afterStart: Array<number> = []
  const spent: Record<string, number> = {}
  const told = () => `seed ${seed}, ${runners} runners, ${moments.length} faults: … ${moments.slice(-10).join(", ")}`
  const pause = (millis: number) => Effect.promise(() => sleep(millis))
  const timed =
    (what: string) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.suspend(() => {
        const since = performance.now()
        return Effect.ensuring(
          effect,
          Effect.sync(() => {
            spent[what] = (spent[what] ?? 0) + (performance.now() - since) / 1000
          }),
        )
      })

  let generations = 0
  const next = () =>
    servers.generation(String(generations++), { every: `${minutes} minutes`, concurrency: 3 }, {}, source)
  let current = next()
  const children: Array<Started> = []
  const all: Array<Started> = []
  const man = () => {
    while (children.length < runners) {
      const child = current.start()
      children.push(child)
      all.push(child)
    }
  }
  const remove = (child: Started) => children.splice(children.indexOf(child), 1)
  /** One that could not reach its state when it started has ended, as it should; it is started again. */
  const revive = Effect.sync(() => {
    for (const child of children.filter((each) => each.exitCode !== null)) remove(child)
    man()
  })
  const dismiss = Effect.promise(async () => {
    await Promise.all(children.map((child) => (child.kill("SIGTERM"), child.finished)))
    children.length = 0
    for (const child of all.splice(0)) assert.notInclude(child.heard(), "internal error", told())
  })

  const verify = Effect.gen(function* () {
    yield* dismiss
    const windows = yield* audit(servers, current, rows, told())
    assert.strictEqual(windows, rows.size, told())
    yield* current.verify(told())
  })

  /** Waits until somebody else has what this one had, or it has ended. */
  const takenOver = Effect.fnUntraced(function* (victim: Started, held: ReadonlyArray<{ id: string; claim: number }>) {
    const since = performance.now()
    const present = yield* current.present
    const others = children.filter((child) => child !== victim && isThere(present, child))
    yield* until(
      Effect.map(Effect.andThen(revive, current.runs), (runs) =>
        held.every(({ claim, id }) =>
          runs.some((run) => run.id === id && (run.claim !== claim || run.state !== "running")),
        ),
      ),
    )
    if (held.length === 0) return
    const took = performance.now() - since
    if (others.length > 0) takeovers.push(took)
    else afterStart.push(took)
    moments.push(`${moments.pop()} → ${(took / 1000).toFixed(1)} s${others.length > 0 ? "" : ", nobody was there"}`)
  })

  const allThere = Effect.andThen(
    revive,
    Effect.map(
      Effect.suspend(() => current.present),
      (present) => children.every((child) => isThere(present, child)),
    ),
  )

  const strike = Effect.fnUntraced(function* (fault: Fault) {
    const part = random()
    // One of four dies or freezes while the last one may still be starting.
    if ((fault === "kill" || fault === "freeze") && random() < 0.75) {
      yield* timed("waiting for all to be there")(
        until(Effect.zipWith(allThere, current.isDone, (one, other) => one || other)),
      )
    }
    yield* pause(part * 300)
    // Whoever has a run in hand; failing that, any.
    const busy: Array<Started> = []
    for (const child of children) if ((yield* current.heldBy(child)).length > 0) busy.push(child)
    const victims = busy.length > 0 ? busy : children
    const victim = victims[Math.floor(random() * victims.length)]
    if (victim === undefined) return
    moments.push(`${fault} ${part.toFixed(3)}`)
    switch (fault) {
      case "kill": {
        const held = yield* current.heldBy(victim)
        victim.kill("SIGKILL")
        yield* takenOver(victim, held)
        remove(victim)
        return man()
      }
      case "freeze": {
        const held = yield* current.heldBy(victim)
        victim.kill("SIGSTOP")
        yield* takenOver(victim, held)
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
        servers.door.close()
        yield* pause(3_000 + random() * 6_000)
        return servers.door.open()
      }
      case "state crash":
        return yield* servers.crash
      case "destination crash":
        yield* world.crash
    }
  })

  const stuck = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.timeoutOrElse(effect, {
      duration: STUCK,
      orElse: () => Effect.die(new Error(`nothing happens any more; ${told()}`)),
    })

  // A living runner has something in hand, or all is done.
  const underWay = Effect.suspend(() => Effect.forEach(children, current.heldBy)).pipe(
    Effect.map((held) => held.flat().length > 0),
  )
  const reached = (condition: Effect.Effect<boolean>) =>
    until(
      Effect.andThen(
        revive,
        Effect.zipWith(condition, current.isDone, (one, other) => one || other),
      ),
    )
  const completed = Effect.suspend(() => current.runs).pipe(
    Effect.map((runs) => runs.filter(({ state }) => state === "completed").length),
  )
  let before = 0

  /** What the runners of this table said and what the state holds. */
  const evidence = Effect.gen(function* () {
    const folder = mkdtempSync(join(tmpdir(), "batch-exports-storm-"))
    for (const child of all) writeFileSync(join(folder, `${child.pid}.log`), child.heard())
    writeFileSync(join(folder, "state.json"), JSON.stringify(yield* current.state, null, 1))
    process.stderr.write(`${told()}\nwhat the runners said: ${folder}\n`)
  })

  yield* Effect.gen(function* () {
    man()
    for (const [n, fault] of faults.entries()) {
      // Runs that are struck again and again would never come to their commit.
      if (n % 3 === 2) {
        yield* stuck(timed("waiting for a window")(reached(Effect.map(completed, (count) => count > before))))
      }
      yield* stuck(timed("waiting for a run in hand")(reached(underWay)))
      if (yield* current.isDone) {
        yield* timed("comparing all")(verify)
        current = next()
        man()
        yield* stuck(timed("waiting for a run in hand")(reached(underWay)))
      }
      before = yield* completed
      if (n === 0 && options.look !== undefined) yield* options.look(current.url)
      yield* stuck(timed(fault)(strike(fault)))
      const windows = yield* timed("comparing counts")(audit(servers, current, rows, told()))
      options.say?.(`${n + 1} of ${faults.length}: ${moments.at(-1)}, ${windows} windows of table ${generations}`)
    }
    yield* timed("waiting for the end")(reached(Effect.succeed(false)))
    yield* timed("comparing all")(verify)
  }).pipe(Effect.onError(() => evidence))
  return { takeovers, afterStart, spent, tables: generations, told: told() }
})

const isThere = (present: ReadonlyArray<string>, child: Started): boolean =>
  present.some((id) => id.includes(`-${child.pid}-`))

const slowed = Effect.fnUntraced(function* (to: string, line: Line) {
  const url = new URL(to)
  const { port } = yield* gate(Number(url.port), line)
  url.port = String(port)
  return url.href
})
