import { Effect } from "effect"
import { chunks } from "../../drive/Feed.ts"
import { exported, standard } from "../../drive/exported.ts"
import { hours, rowsFrom } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

/** Around the sizes that batches like to have. */
const numbers = [1, 9, 10, 11, 99, 100, 101, 999, 1000, 1001]

export const anyNumber: Law = {
  name: "append/any-number",
  says: "Every row arrives, however many there are: one less than a batch, a batch, one more.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const all = []
    for (const [hour, count] of numbers.entries()) {
      const advice = "Flush the last batch when the iteration ends, whether it is full or not."
      const wanted = standard(bench, { window: hours(hour, hour + 1), feed: chunks(1_024) })
      const rows = rowsFrom(wanted.model, hour * 10_000, count)
      yield* expect.succeeds(
        exported(bench, world, { ...wanted, rows: () => rows }),
        `an export of ${count} rows succeeds`,
        advice,
      )
      all.push(...rows)
      const { fields } = wanted.model.schema
      yield* expect.rows(fields, all, yield* world.rows(fields), advice)
    }
  }),
}
