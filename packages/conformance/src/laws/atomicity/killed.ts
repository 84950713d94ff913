import { Effect } from "effect"
import { persistently, standard } from "../../drive/exported.ts"
import { complete, sweep, tidy, unpublished } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import { killed } from "../../faults/killed.ts"
import type { Stop } from "../../faults/Order.ts"
import * as Random from "../../generate/Random.ts"
import type { Law } from "../../Law.ts"

const points: ReadonlyArray<readonly [string, (size: number) => Stop]> = [
  ["before the first byte", () => ({ at: "byte", byte: 0 })],
  ["in the middle of the bytes", (size) => ({ at: "byte", byte: Math.floor(size / 2) })],
  ["after the last byte", (size) => ({ at: "byte", byte: size })],
]

/** A process each: of a commit with more steps, the first and the last, and others that the seed chooses. */
const mostSteps = 10

export const killedWhileWriting: Law = {
  name: "atomicity/killed-while-writing",
  says: "A process that is killed with kill -9 while it writes has published nothing; the next run exports all, and removes what it left.",
  when: ({ visibility }) => ({
    form: visibility === "window" ? "holds" : "weaker",
    covers: [`visibility ${visibility}`],
  }),
  run: (bench) =>
    Effect.forEach(
      points,
      ([when, stop]) =>
        Effect.gen(function* () {
          const world = yield* bench.fresh
          const wanted = standard(bench)
          const ended = yield* killed(bench, world, wanted, stop)
          yield* expect.that(ended.killed, {
            expected: "the destination reads the bytes, so that it can be killed among them",
            seen: "it ended by itself",
            advice: "`write` reads its bytes to their end.",
          })
          const death = `a death ${when}`
          if (bench.form === "holds") yield* unpublished(world, wanted, death)
          yield* persistently(bench, world, { ...wanted, id: "after the death" })
          yield* complete(bench, world, wanted, [wanted.window], death)
          yield* tidy(world, death, sweep)
        }).pipe(Effect.scoped),
      { concurrency: 3, discard: true },
    ),
}

export const killedWhileCommitting: Law = {
  name: "atomicity/killed-while-committing",
  says: "A process that is killed with kill -9 after any step of its commit has committed or has not; the next run completes it.",
  when: ({ ledger }) => ({ form: ledger === "transactional" ? "holds" : "weaker", covers: [`ledger ${ledger}`] }),
  run: Effect.fnUntraced(function* (bench) {
    const at = (step: number) =>
      Effect.gen(function* () {
        const world = yield* bench.fresh
        const wanted = standard(bench)
        const ended = yield* killed(bench, world, wanted, () => ({ at: "commit", step }))
        const death = `a death after step ${step} of the commit`
        yield* persistently(bench, world, { ...wanted, id: "after the death" })
        yield* complete(bench, world, wanted, [wanted.window], death)
        yield* tidy(world, death, sweep)
        return ended
      }).pipe(Effect.scoped)
    const unharmed = yield* at(Number.MAX_SAFE_INTEGER)
    const taken = unharmed.said.reduce((most, one) => (one.say === "committed" ? one.steps : most), 0)
    const steps = Array.from({ length: taken }, (_, index) => index + 1)
    const middle = Random.make(bench.seed)
      .shuffle(steps.slice(1, -1))
      .slice(0, mostSteps - 2)
    const chosen = steps.filter((step) => step === 1 || step === taken || middle.includes(step))
    yield* Effect.forEach(chosen, at, { concurrency: 2, discard: true })
  }),
}
