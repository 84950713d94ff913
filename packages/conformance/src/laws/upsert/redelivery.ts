import { Effect } from "effect"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"
import { account, accounts, merging } from "./accounts.ts"
import { deliver } from "./deliver.ts"

const first = Array.from({ length: 20 }, (_, n) => account({ handle: `h${n}` }))
/** One of them newer, and one that is new. */
const second = [account({ handle: "h7", score: [70, 2] }), account({ handle: "new" })]

const advice =
  "Write only the rows that change: let the statement that merges have a condition, rather than writing the same values again."

export const redelivery: Law = {
  name: "upsert/redelivery-changes-nothing",
  says: "Records that are there already are left alone: they are counted as unchanged, and not written again.",
  when: merging,
  run: (bench) =>
    Effect.gen(function* () {
      const world = yield* bench.fresh
      const { fields } = accounts.schema
      yield* deliver(bench, world, 0, first)
      const writes = world.target.writes ?? Effect.succeed([])
      const written = yield* writes
      // Of another export, so that no ledger spares the destination the work.
      const again = yield* deliver(bench, world, 0, first, { export: "another export" })
      yield* expect.rows(fields, first, yield* world.rows(fields), advice)
      yield* expect.that(again.stored.unchanged === 20 && again.stored.inserted + again.stored.updated === 0, {
        expected: "20 received records are counted as unchanged",
        seen: JSON.stringify(again.stored),
        advice,
      })
      yield* untouched(written, yield* world.target.writes ?? Effect.succeed([]), 0)

      const { stored } = yield* deliver(bench, world, 1, [...first, ...second])
      const wanted = [...first.filter(({ handle }) => handle !== "h7"), ...second]
      yield* expect.rows(fields, wanted, yield* world.rows(fields), advice)
      yield* expect.that(stored.inserted === 1 && stored.updated === 1 && stored.unchanged === 20, {
        expected: "22 records with one that is new and one that is newer count as 1 inserted, 1 updated, 20 unchanged",
        seen: JSON.stringify(stored),
        advice: "Count rows that are new, rows that the merge wrote, and the other received records as unchanged.",
      })
      yield* untouched(written, yield* world.target.writes ?? Effect.succeed([]), 1)
    }),
}

const untouched = (before: ReadonlyArray<string>, after: ReadonlyArray<string>, rewritten: number) => {
  const there = new Set(after)
  const gone = before.filter((write) => !there.has(write)).length
  // Not every system tells.
  return expect.that(gone === Math.min(rewritten, before.length), {
    expected: `${rewritten} of ${before.length} rows are written again`,
    seen: `${gone}`,
    advice,
  })
}
