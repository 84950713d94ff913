import { FieldType } from "@batch-exports/core"
import { Effect, Result } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import type { Row } from "../../encoders/index.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"
import { fit } from "../../values/fit.ts"
import { columnOf, fieldOf, forTables, modelOf, tableOf } from "../tabular.ts"
import { unchanged } from "./sent.ts"

const limit = 3

const labels = [
  "",
  "abc",
  "abcd",
  "\u{1f600}\u{1f600}\u{1f600}",
  "\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
  "e\u0301e\u0301",
  null,
]

const advice =
  "Give the projection the column's own limit (`as`), so that the source cuts and counts what does not fit; or refuse the column."

export const unfitIsCounted: Law = {
  name: "values/unfit-is-counted",
  says: "A text that is longer than its column is stored as far as it fits, in whole characters, and counted; or the column is refused.",
  when: forTables,
  run: (bench) =>
    Effect.gen(function* () {
      const world = yield* bench.fresh
      const table = yield* tableOf(world)
      const model = modelOf(bench, fieldOf("label", FieldType.text()))
      const { fields } = model.schema
      yield* table.create([columnOf(table, fields[0]), columnOf(table, { name: "label", type: FieldType.text(limit) })])
      const rows = labels.map((label, id): Row => ({ id: String(id), label }))
      const outcome = yield* Effect.result(exported(bench, world, standard(bench, { model, rows: () => rows })))
      if (Result.isFailure(outcome)) {
        const { reason } = outcome.failure
        return yield* expect.that(reason === "TargetIncompatible" && (yield* world.rows(fields)).length === 0, {
          expected: "a column that is too short for some values is refused as TargetIncompatible, or filled",
          seen: expect.told(outcome.failure),
          advice,
        })
      }
      const fitted = labels.map((label) => fit(FieldType.text(), FieldType.text(limit), label))
      const stored = rows.map((row, index): Row => ({ ...row, label: fitted[index]?.value ?? null }))
      yield* unchanged(fields, stored, yield* world.rows(fields), `text into a column of ${limit} characters`)
      const adjusted = fitted.filter((one) => one?.adjusted).length
      const seen = outcome.success._tag === "Exported" ? (outcome.success.sent.adjusted["label"] ?? 0) : 0
      yield* expect.that(seen === adjusted, {
        expected: `${adjusted} values of "label" count as adjusted`,
        seen: String(seen),
        advice,
      })
    }),
}
