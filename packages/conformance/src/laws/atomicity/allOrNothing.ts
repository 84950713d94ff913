import { Effect, Fiber } from "effect"
import { held } from "../../drive/Feed.ts"
import { exported, standard } from "../../drive/exported.ts"
import { commitAll, opened, sizeOf, writeAll } from "../../drive/steps.ts"
import { complete, ledgerOf } from "../../drive/state.ts"
import { hours, rowsFrom } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const allOrNothing: Law = {
  name: "atomicity/all-or-nothing",
  says: "A reader sees a whole run or none of it, at every moment; a destination that shows parts must say so.",
  when: ({ visibility }) => ({
    form: visibility === "window" ? "holds" : "weaker",
    covers: [`visibility ${visibility}`],
  }),
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const wanted = standard(bench, { window: hours(0, 1) })
    const many = { ...wanted, rows: () => rowsFrom(wanted.model, 0, 5_000) }
    const { fields } = wanted.model.schema
    const advice =
      bench.form === "holds"
        ? 'Make rows visible in `commit`, all at once, together with the ledger; or declare `visibility: "batch"`.'
        : 'Nothing was visible before `commit`: declare `visibility: "window"`, which is worth more.'

    if (bench.form === "weaker") {
      yield* Effect.gen(function* () {
        const sink = yield* opened(world, many)
        const rows = yield* writeAll(bench, sink, many)
        const seen = yield* world.rows(fields)
        yield* expect.that(seen.length > 0, { expected: "rows that are visible before `commit`", seen: "none", advice })
        yield* expect.succeeds(commitAll(sink, rows), "`commit` succeeds", advice)
      }).pipe(Effect.scoped)
      yield* complete(bench, world, many, [wanted.window], "an export")
      return
    }

    const size = yield* sizeOf(bench, world, many)
    for (const part of [0.1, 0.9, 1]) {
      const at = Math.floor(size * part)
      const hold = yield* held(at)
      const fiber = yield* Effect.forkChild(exported(bench, world, { ...many, feed: hold.feed }))
      yield* Effect.raceFirst(hold.reached, Effect.exit(Fiber.join(fiber)))
      const seen = yield* world.rows(fields)
      const ledger = yield* ledgerOf(world, wanted.export)
      yield* expect.that(seen.length === 0 && ledger.length === 0, {
        expected: `no row and no ledger entry after ${at} of ${size} bytes`,
        seen: `${expect.count(seen.length)}, ${ledger.length} ledger entries`,
        advice,
      })
      yield* Fiber.interrupt(fiber)
      yield* hold.release
    }
    yield* Effect.gen(function* () {
      const sink = yield* opened(world, many)
      const rows = yield* writeAll(bench, sink, many)
      const seen = yield* world.rows(fields)
      yield* expect.that(seen.length === 0, {
        expected: "no row before `commit`",
        seen: expect.count(seen.length),
        advice,
      })
      yield* expect.succeeds(commitAll(sink, rows), "`commit` succeeds", advice)
    }).pipe(Effect.scoped)
    yield* complete(bench, world, many, [wanted.window], "a commit that reported success")
  }),
}
