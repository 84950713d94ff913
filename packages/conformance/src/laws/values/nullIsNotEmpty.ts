import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import type { Row, Value } from "../../encoders/index.ts"
import * as expect from "../../expect.ts"
import { tagsOf } from "../../generate/types.ts"
import { always, type Law } from "../../Law.ts"
import { modelOf } from "./carried.ts"
import { unchanged } from "./sent.ts"

/** What is empty, and what is spelled as if it were NULL. */
const empties: ReadonlyArray<readonly [FieldType.FieldType, ReadonlyArray<Value>]> = [
  [FieldType.text(), ["", " ", "NULL", "null", "\\N", "\\\\N", "undefined"]],
  [FieldType.json, ['""', "{}", "[]", '"null"', '{"a":null}']],
  [FieldType.bytes, [new Uint8Array(), new Uint8Array([0])]],
  [FieldType.list(FieldType.text()), [[], [""], ["NULL"]]],
]

export const nullIsNotEmpty: Law = {
  name: "values/null-is-not-empty",
  says: "NULL, the empty value and the word NULL stay three things.",
  when: always,
  run: (bench) =>
    Effect.gen(function* () {
      const { capabilities } = bench.plugin
      const tried = empties.filter(([type]) => tagsOf(type).every((tag) => capabilities.types.includes(tag)))
      const model = modelOf(
        capabilities,
        tried.map(([type]) => type),
      )
      const { fields } = model.schema
      const rows = Array.from({ length: 8 }, (_, index): Row => ({
        id: capabilities.types.includes("Int") ? BigInt(index) : String(index),
        ...Object.fromEntries(tried.map(([, list], field) => [`f${field}`, list[index] ?? null])),
      }))
      const world = yield* bench.fresh
      yield* expect.succeeds(
        exported(bench, world, standard(bench, { model, rows: () => rows })),
        "an export of empty values and NULLs succeeds",
        "Nullable fields may be NULL in any record, and empty in any other.",
      )
      yield* unchanged(fields, rows, yield* world.rows(fields), "NULL and empty")
    }),
}
