import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { chunks } from "../../drive/Feed.ts"
import { exported, standard } from "../../drive/exported.ts"
import type { Row, Value } from "../../encoders/index.ts"
import * as expect from "../../expect.ts"
import { longText } from "../../generate/texts.ts"
import { tagsOf } from "../../generate/types.ts"
import { always, type Law } from "../../Law.ts"
import { modelOf } from "./carried.ts"
import { unchanged } from "./sent.ts"

const characters = 1_000_000

const values: ReadonlyArray<readonly [FieldType.FieldType, Value]> = [
  [FieldType.text(), longText(characters)],
  [FieldType.json, JSON.stringify({ long: longText(characters), items: Array.from({ length: 10_000 }, (_, n) => n) })],
  [FieldType.bytes, new Uint8Array(Buffer.from(longText(characters)))],
  [FieldType.list(FieldType.text()), Array.from({ length: 10_000 }, (_, n) => `item ${n} "\\,{}`)],
]

export const large: Law = {
  name: "values/large",
  says: "A value of a million characters arrives whole, in pieces of any size.",
  when: always,
  run: (bench) =>
    Effect.gen(function* () {
      const { capabilities } = bench.plugin
      const tried = values.filter(([type]) => tagsOf(type).every((tag) => capabilities.types.includes(tag)))
      const model = modelOf(
        capabilities,
        tried.map(([type]) => type),
      )
      const { fields } = model.schema
      const idOf = (id: number) => (capabilities.types.includes("Int") ? BigInt(id) : String(id))
      const rows = [1, 2].map((id): Row => ({
        id: idOf(id),
        ...Object.fromEntries(tried.map(([, value], index) => [`f${index}`, id === 1 ? value : null])),
      }))
      const world = yield* bench.fresh
      yield* expect.succeeds(
        exported(bench, world, standard(bench, { model, rows: () => rows, feed: chunks(65_536) })),
        "an export of a record of some megabytes succeeds",
        "Do not assume that a record fits into one piece, nor into a buffer of a fixed size.",
      )
      yield* unchanged(fields, rows, yield* world.rows(fields), "a large record")
    }),
}
