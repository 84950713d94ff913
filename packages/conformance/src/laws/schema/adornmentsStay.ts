import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { hours } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"
import { fieldOf, forTables, modelOf, tableOf, textRows } from "../tabular.ts"

const advice = "Only ever add records to a table that is there: never drop it, swap it for another, or create it anew."

export const adornmentsStay: Law = {
  name: "schema/adornments-stay",
  says: "What the user has put on the table — indexes, views, triggers — is there after the next runs, and does not hinder them.",
  when: forTables,
  run: (bench) =>
    Effect.gen(function* () {
      const world = yield* bench.fresh
      const table = yield* tableOf(world)
      const model = modelOf(bench, fieldOf("label", FieldType.text()))
      const run = (hour: number) =>
        expect.succeeds(
          exported(
            bench,
            world,
            standard(bench, { model, window: hours(hour, hour + 1), rows: () => textRows(model, `run ${hour}`) }),
          ),
          "an export to a table with the user's indexes, views and triggers succeeds",
          advice,
        )
      yield* run(0)
      yield* table.adorn
      const before = JSON.stringify(yield* table.adornments)
      yield* run(1)
      yield* run(2)
      const after = JSON.stringify(yield* table.adornments)
      yield* expect.that(after === before, { expected: before, seen: after, advice })
      const { fields } = model.schema
      yield* expect.rows(fields, textRows(model, "run 0", "run 1", "run 2"), yield* world.rows(fields), advice)
    }),
}
