import { Effect, Result } from "effect"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const unknownKeys: Law = {
  name: "manifest/unknown-keys",
  says: "A key that the configuration does not know is refused by its name, before anything is contacted.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const { target } = yield* bench.fresh
    const key = "unheardOf"
    const decoded = bench.plugin.configure({ ...(target.config as object), [key]: 1 })
    const seen = Result.isSuccess(decoded) ? "it is accepted" : decoded.failure.message
    yield* expect.that(Result.isFailure(decoded) && seen.includes(key), {
      expected: `an error that names the key "${key}"`,
      seen,
      advice: "Let `Destination.define` decode: `Config` is a `Schema.Struct`, without an index signature.",
    })
  }),
}
