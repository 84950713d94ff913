import { Effect } from "effect"
import type { Bench } from "../../Bench.ts"
import * as expect from "../../expect.ts"
import * as Random from "../../generate/Random.ts"
import type { Law } from "../../Law.ts"
import { accounts, merging } from "./accounts.ts"
import { deliver } from "./deliver.ts"
import { histories } from "./history.ts"

const says =
  "Whatever is delivered, late, twice or out of order, the target shows the latest that was, and never goes back."

const play = (count: number) => (bench: Bench) =>
  Effect.gen(function* () {
    const world = yield* bench.fresh
    const choose = Random.make(bench.seed).fork("histories")
    const { fields } = accounts.schema
    for (const [hour, run] of histories(choose, count, 6).entries()) {
      const { stored } = yield* deliver(bench, world, hour, run.records)
      const advice = `Run ${hour + 1} of random histories. Merge by version groups: compare each group's own version, a group with \`within\` only while those fields are equal.`
      yield* expect.rows(fields, run.rows, yield* world.rows(fields), advice)
      const counted = { received: run.records.length, inserted: run.inserted, updated: run.updated }
      yield* expect.that(
        stored.received === counted.received &&
          stored.inserted === counted.inserted &&
          stored.updated === counted.updated &&
          stored.unchanged === counted.received - counted.inserted - counted.updated,
        {
          expected: `${JSON.stringify(counted)}, and the others unchanged`,
          seen: JSON.stringify(stored),
          advice: "Count rows that are new, rows that the merge wrote, and the other received records as unchanged.",
        },
      )
    }
  })

export const randomHistories: Law = {
  name: "upsert/random-histories",
  says,
  when: merging,
  run: play(300),
}

export const manyHistories: Law = {
  name: "upsert/many-random-histories",
  says,
  when: merging,
  slow: true,
  run: play(20_000),
}
