import { FieldType, type Encoding } from "@batch-exports/core"
import { Effect } from "effect"
import type { Bench } from "../../Bench.ts"
import { exported, standard } from "../../drive/exported.ts"
import type { Row, Value } from "../../encoders/index.ts"
import * as expect from "../../expect.ts"
import * as Random from "../../generate/Random.ts"
import { tagsOf, within } from "../../generate/types.ts"
import { listed, random } from "../../generate/values.ts"
import type { Law } from "../../Law.ts"
import { carried, modelOf } from "./carried.ts"
import { unchanged } from "./sent.ts"

/** Random records after the listed ones. */
const randomRecords = 40

export const everyType: Law = {
  name: "values/every-type",
  says: "Values of every declared type arrive unchanged, in every declared encoding: the ends of their range, hostile ones, random ones, and NULL.",
  when: ({ encodings, types }) => ({
    form: "holds",
    covers: [...types.map((tag) => `type ${tag}`), ...encodings.map((name) => `encoding ${name}`)],
  }),
  run: (bench) =>
    Effect.gen(function* () {
      const seen = new Set<FieldType.Tag>()
      for (const encoding of bench.encodings) {
        const types = yield* inOneEncoding(bench, encoding)
        for (const tag of types.flatMap(tagsOf)) seen.add(tag)
      }
      const lacking = bench.plugin.capabilities.types.filter((tag) => !seen.has(tag))
      yield* expect.that(lacking.length === 0, {
        expected: `values of the declared types ${lacking.join(", ")} can be exported`,
        seen: "`plan` refuses every field of these types in every encoding",
        advice: "Take these types, or remove them from `capabilities.types`.",
      })
    }),
}

const inOneEncoding = Effect.fnUntraced(function* (bench: Bench, encoding: Encoding.EncodingName) {
  const { capabilities } = bench.plugin
  const world = yield* bench.fresh
  const types = yield* carried(bench, world.destination, [encoding], within(capabilities.types))
  const model = modelOf(capabilities, types)
  const { fields } = model.schema
  const rows = recordsOf(bench, types)
  let sent: ReadonlyArray<Row> = []
  const wanted = standard(bench, {
    model,
    offers: [encoding],
    rows: () => rows,
    onSent: (each) => {
      sent = each
    },
  })
  yield* expect.succeeds(
    exported(bench, world, wanted),
    `an export of every type as ${encoding} succeeds, as planned`,
    "`plan` accepted these fields; take all of their values.",
  )
  yield* unchanged(fields, sent, yield* world.rows(fields), encoding)
  return types
}, Effect.scoped)

/** Each record has one value of each type; the shorter lists begin anew. The last of the listed has none but NULLs. */
const recordsOf = (bench: Bench, types: ReadonlyArray<FieldType.FieldType>): ReadonlyArray<Row> => {
  const choose = Random.make(bench.seed).fork("values")
  const lists = types.map(listed)
  const longest = Math.max(0, ...lists.map((values) => values.length))
  const values = (index: number): ReadonlyArray<Value> => {
    if (index < longest) return lists.map((list) => list[index % list.length] ?? null)
    return index === longest ? types.map(() => null) : types.map((type) => random(type, choose))
  }
  return Array.from({ length: longest + 1 + randomRecords }, (_, index) => record(bench, index, values(index)))
}

const record = (bench: Bench, index: number, values: ReadonlyArray<Value>): Row => ({
  id: bench.plugin.capabilities.types.includes("Int") ? BigInt(index) : String(index),
  ...Object.fromEntries(values.map((value, field) => [`f${field}`, value])),
})
