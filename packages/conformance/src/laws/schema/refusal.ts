/** An export that a table does not allow: refused for that reason, with nothing read and nothing changed. */
import { FieldType, type Model } from "@batch-exports/core"
import { Effect } from "effect"
import type { Bench, World } from "../../Bench.ts"
import { exported, standard } from "../../drive/exported.ts"
import type { Row } from "../../encoders/index.ts"
import * as expect from "../../expect.ts"
import { listed } from "../../generate/values.ts"

export const recordsOf = (model: Model.Model): ReadonlyArray<Row> => {
  const count = Math.max(...model.schema.fields.map(({ type }) => listed(type).length))
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(
      model.schema.fields.map(({ name, type }) => {
        const values = listed(type)
        return [name, name === "id" ? String(index) : (values[index % values.length] ?? null)]
      }),
    ),
  )
}

/** `names` are what the message must say. */
export const isRefused = Effect.fnUntraced(function* (
  bench: Bench,
  world: World,
  model: Model.Model,
  options: { readonly when: string; readonly names: ReadonlyArray<string>; readonly advice: string },
) {
  const { advice, names, when } = options
  let read = false
  const wanted = standard(bench, {
    model,
    rows: () => recordsOf(model),
    onRead: () => {
      read = true
    },
  })
  const error = yield* expect.fails(exported(bench, world, wanted), {
    expected: `the export is refused when ${when}`,
    reasons: ["TargetIncompatible"],
    advice,
  })
  yield* expect.that(!read, { expected: "nothing is read", seen: "the source was read", advice })
  const unsaid = names.filter((name) => !error.message.includes(name))
  yield* expect.that(unsaid.length === 0, {
    expected: `the message names ${names.join(" and ")}`,
    seen: error.message,
    advice: "Say which column it is, its type, and what the field's type is, so that the user knows what to change.",
  })
  const rows = yield* world.rows([
    { name: "id", type: FieldType.text(), nullable: false, description: "", created: true },
  ])
  yield* expect.that(rows.length === 0, { expected: "nothing is written", seen: expect.count(rows.length), advice })
})
