import { FieldType, type Model } from "@batch-exports/core"
import { Effect, Result } from "effect"
import type { Bench } from "../../Bench.ts"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import { tooLongPairs } from "../../generate/names.ts"
import type { Law } from "../../Law.ts"
import { fieldOf, forTables, modelOf, tableOf, textRows } from "../tabular.ts"

export const tooLongFields: Law = {
  name: "names/fields-too-long",
  says: "Fields whose names are longer than the system's are refused before anything is read, or stored apart: never one in place of another.",
  when: forTables,
  run: (bench) =>
    Effect.gen(function* () {
      const { nameBytes } = yield* tableOf(yield* bench.fresh)
      for (const pair of tooLongPairs(nameBytes)) {
        for (const names of [pair, [pair[0]]]) {
          yield* refusedOrApart(bench, modelOf(bench, ...names.map((name) => fieldOf(name, FieldType.text()))))
        }
      }
    }),
}

const advice = "Refuse a name that does not fit, or let a hash of all of it stand at the end of what is kept."

const refusedOrApart = Effect.fnUntraced(function* (bench: Bench, model: Model.Model) {
  const world = yield* bench.fresh
  const rows = textRows(model, "1", "2")
  let read = false
  const wanted = standard(bench, {
    model,
    rows: () => rows,
    onRead: () => {
      read = true
    },
  })
  const outcome = yield* Effect.result(exported(bench, world, wanted))
  if (Result.isFailure(outcome)) {
    yield* expect.that(outcome.failure.recovery === "stop" && !read, {
      expected: "a name that is too long is refused for good, before anything is read",
      seen: `${read ? "after reading, " : ""}${expect.told(outcome.failure)}`,
      advice,
    })
    return
  }
  const values = (row: Readonly<Record<string, unknown>>) => JSON.stringify(Object.values(row).map(String).sort())
  const seen = (yield* world.rows(model.schema.fields)).map(values).sort()
  yield* expect.that(JSON.stringify(seen) === JSON.stringify(rows.map(values).sort()), {
    expected: "each field's values are stored apart",
    seen: seen.join(" "),
    advice,
  })
}, Effect.scoped)
