import { Effect } from "effect"
import { chunks } from "../../drive/Feed.ts"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

const sizes = [1, 2, 3, 7, 64, 1_000_000]

export const anyChunking: Law = {
  name: "append/any-chunking",
  says: "Every row arrives, wherever the bytes are cut: within a row, within a character, or nowhere.",
  when: always,
  run: (bench) =>
    Effect.forEach(
      sizes,
      Effect.fnUntraced(function* (size) {
        const world = yield* bench.fresh
        const wanted = standard(bench, { feed: chunks(size) })
        const advice =
          "Chunks end anywhere. Keep what follows the last whole row until more comes, and flush it at the end."
        yield* expect.succeeds(exported(bench, world, wanted), `an export in chunks of ${size} bytes succeeds`, advice)
        const { fields } = wanted.model.schema
        yield* expect.rows(fields, wanted.rows(wanted.window), yield* world.rows(fields), advice)
      }),
      { discard: true },
    ),
}
