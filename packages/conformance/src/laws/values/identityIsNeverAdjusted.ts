import { FieldType, Model } from "@batch-exports/core"
import { Effect } from "effect"
import { runOf, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"
import { fieldOf } from "./carried.ts"

const model: Model.Model = {
  name: "versions",
  description: "Records with a key and a version",
  schema: {
    fields: [
      fieldOf("id", FieldType.text(), false),
      fieldOf("version", FieldType.int64, false),
      fieldOf("note", FieldType.text()),
    ],
  },
  identity: { _tag: "Upsert", key: ["id"], versions: [{ version: "version", fields: ["note"] }] },
}

export const identityIsNeverAdjusted: Law = {
  name: "values/identity-is-never-adjusted",
  says: "Keys and versions that do not fit stop the export: the projection lets the source adjust none of them.",
  when: ({ identities, types }) =>
    identities.includes("Upsert") && types.includes("Text") && types.includes("Int")
      ? { form: "holds", covers: ["identity Upsert"] }
      : undefined,
  run: (bench) =>
    Effect.gen(function* () {
      const { destination } = yield* bench.fresh
      const { projection } = yield* expect.succeeds(
        destination.plan(runOf(standard(bench, { model }))),
        "`plan` takes a model with a key and a version",
        "Plan every model of a declared identity.",
      )
      const adjustable = projection.columns.filter(
        ({ field, unfit }) => unfit !== "fail" && Model.identityFields(model).has(field.name),
      )
      yield* expect.that(adjustable.length === 0, {
        expected: '`unfit: "fail"` for key and version',
        seen: `"nearest" for ${adjustable.map(({ field }) => field.name).join(", ")}`,
        advice: "Set it by `Model.identityFields`: an adjusted key would merge two records into one.",
      })
    }),
}
