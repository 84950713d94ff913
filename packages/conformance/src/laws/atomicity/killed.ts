import { Effect } from "effect"
import { persistently, standard } from "../../drive/exported.ts"
import { complete, nothing, tidy } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import { killed } from "../../faults/killed.ts"
import type { Stop } from "../../faults/Order.ts"
import type { Law } from "../../Law.ts"

const points: ReadonlyArray<readonly [string, (size: number) => Stop]> = [
  ["before the first byte", () => ({ at: "byte", byte: 0 })],
  ["in the middle of the bytes", (size) => ({ at: "byte", byte: Math.floor(size / 2) })],
  ["after the last byte", (size) => ({ at: "byte", byte: size })],
]

/** More than any commit takes; it ends when one got through. */
const mostSteps = 40

export const killedWhileWriting: Law = {
  name: "atomicity/killed-while-writing",
  says: "A process that is killed with kill -9 while it writes leaves nothing, and the next run exports all.",
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
          if (bench.form === "holds") yield* nothing(world, wanted, death)
          yield* persistently(bench, world, { ...wanted, id: "after the death" })
          yield* complete(bench, world, wanted, [wanted.window], death)
          yield* tidy(world, death)
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
        yield* tidy(world, death)
        return ended.killed
      }).pipe(Effect.scoped)
    for (let step = 1; step <= mostSteps; step += 2) {
      const died = yield* Effect.all([at(step), at(step + 1)], { concurrency: 2 })
      if (!died.every(Boolean)) return
    }
  }),
}
