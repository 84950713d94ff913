import { Effect } from "effect"
import type { Bench } from "../../Bench.ts"
import { exported, standard } from "../../drive/exported.ts"
import { hours } from "../../drive/things.ts"
import type { Row } from "../../encoders/index.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"
import { account, accounts, merging } from "./accounts.ts"
import { deliver, settles } from "./deliver.ts"

const versions = (...all: ReadonlyArray<number>): ReadonlyArray<Row> =>
  all.map((version) =>
    account({ owner: ["ann", version], profile: [`ann ${version}`, version], score: [version, version] }),
  )

const [one, two, three] = versions(1, 2, 3)

const advice = "Keep one record for each key of a run, the newest by each version group, before you merge them."

export const withinARun: Law = {
  name: "upsert/within-a-run",
  says: "A key that comes more than once in a run counts as if its records had come one run after the other.",
  when: merging,
  run: (bench) =>
    Effect.gen(function* () {
      yield* settles(
        bench,
        [
          { after: "older and newer in one run", runs: [versions(1, 2, 3)], rows: [three!] },
          { after: "newer and older in one run", runs: [versions(3, 1, 2)], rows: [three!] },
          { after: "one record three times", runs: [versions(2, 2, 2)], rows: [two!] },
          { after: "older ones twice, over a newer one", runs: [versions(3), versions(1, 2)], rows: [three!] },
          { after: "newer ones twice, over an older one", runs: [versions(1), versions(3, 2)], rows: [three!] },
          {
            after: "one group's newest in one record, the other's in another",
            runs: [[account({ score: [7, 7] }), account({ owner: ["ann", 4], profile: ["ann 4", 4] })]],
            rows: [account({ owner: ["ann", 4], profile: ["ann 4", 4], score: [7, 7] })],
          },
        ],
        { advice },
      )
      // A run has several windows where another was exported before.
      if (bench.plugin.capabilities.ledger === "transactional") yield* acrossWindows(bench)
    }),
}

const acrossWindows = Effect.fnUntraced(function* (bench: Bench) {
  for (const [first, last] of [
    [one!, three!],
    [three!, one!],
  ] as const) {
    const world = yield* bench.fresh
    yield* deliver(bench, world, 1, [two!])
    const wanted = standard(bench, {
      model: accounts,
      window: hours(0, 3),
      rows: ({ start }) => (start.epochMilliseconds === hours(0, 1).start.epochMilliseconds ? [first] : [last]),
    })
    yield* expect.succeeds(exported(bench, world, wanted), "a run over two missing windows succeeds", advice)
    const { fields } = accounts.schema
    yield* expect.rows(fields, [three!], yield* world.rows(fields), advice)
  }
})
