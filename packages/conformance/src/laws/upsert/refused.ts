import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"
import { account, accounts } from "./accounts.ts"

export const refused: Law = {
  name: "upsert/undeclared",
  says: "A model with a key is refused, before anything is read or written, by a destination that only appends.",
  when: ({ identities }) =>
    identities.includes("Upsert") ? undefined : { form: "refused", covers: ["no identity Upsert"] },
  run: (bench) =>
    Effect.gen(function* () {
      const world = yield* bench.fresh
      const advice = 'Refuse it in `plan` and `open`, or declare "Upsert" in `capabilities.identities` and merge.'
      let read = false
      const wanted = standard(bench, {
        model: accounts,
        rows: () => [account()],
        onRead: () => {
          read = true
        },
      })
      yield* expect.fails(exported(bench, world, wanted), {
        expected: "an Upsert model is refused",
        reasons: ["Unsupported"],
        advice,
      })
      yield* expect.that(!read, { expected: "nothing is read", seen: "the source was read", advice })
      const { length } = yield* world.rows(accounts.schema.fields)
      yield* expect.that(length === 0, { expected: "nothing is written", seen: expect.count(length), advice })
    }),
}
