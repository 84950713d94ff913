import { Effect } from "effect"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const place: Law = {
  name: "manifest/place",
  says: "`place` names a target and its ledger: always by the same words, and another one by others.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const [one, other] = [yield* bench.fresh, yield* bench.fresh]
    const { place: named } = one.destination
    if (named === undefined) return
    const { place: again } = yield* bench.configure(one.target.config)
    yield* expect.that(again === named, {
      expected: `"${named}", whenever these settings are read`,
      seen: `"${again}"`,
      advice: "Put into `place` nothing that changes from one process to the next: the runner keeps it, and compares.",
    })
    yield* expect.that(other.destination.place !== named, {
      expected: "another place for another target",
      seen: `"${named}" for both`,
      advice: "Put into `place` every setting that decides where the ledger is: host, database, table, folder.",
    })
  }),
}
