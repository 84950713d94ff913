import type { Encoding } from "@batch-exports/core"
import { Effect } from "effect"
import type { Bench } from "../../Bench.ts"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const everyEncoding: Law = {
  name: "append/every-encoding",
  says: "Each encoding that the destination declares works when it is the only one that the source offers.",
  when: ({ encodings }) => ({ form: "holds", covers: encodings.map((name) => `encoding ${name}`) }),
  run: Effect.fnUntraced(function* (bench) {
    for (const encoding of bench.plugin.capabilities.encodings) {
      if (bench.harness.encodings?.includes(encoding) === false) {
        yield* refused(bench, encoding)
        continue
      }
      const advice = `Take ${encoding} in as docs/encodings.md describes it, or take it out of \`capabilities.encodings\`.`
      yield* expect.that(bench.encodings.includes(encoding), {
        expected: `the suite can write ${encoding}`,
        seen: "no encoder",
        advice: `Give the harness an encoder: \`encoders: { "${encoding}": { encode } }\`.`,
      })
      const world = yield* bench.fresh
      const wanted = standard(bench, { offers: [encoding] })
      const outcome = yield* expect.succeeds(
        exported(bench, world, wanted),
        `an export succeeds when the source offers ${encoding} alone`,
        advice,
      )
      const chosen = outcome._tag === "Exported" ? outcome.encoding : "none"
      yield* expect.that(chosen === encoding, { expected: `the projection asks for ${encoding}`, seen: chosen, advice })
      const { fields } = wanted.model.schema
      yield* expect.rows(fields, wanted.rows(wanted.window), yield* world.rows(fields), advice)
    }
  }),
}

/** The user's settings ask for another encoding: none may be taken in its place. */
const refused = Effect.fnUntraced(function* (bench: Bench, encoding: Encoding.EncodingName) {
  const world = yield* bench.fresh
  yield* expect.fails(exported(bench, world, { offers: [encoding] }), {
    expected: `an export is refused when the source offers ${encoding} alone, and the configuration asks for another`,
    reasons: ["Unsupported"],
    advice:
      "Choose the encoding by the configuration, and refuse in `plan` and `open` where the source does not offer it.",
  })
})
