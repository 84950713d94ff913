/** Which types some encodings carry to a destination, found out by asking for its plan, and models that have them. */
import { type Capabilities, type Destination, FieldType, type Model, type RecordSchema } from "@batch-exports/core"
import { Effect, Result } from "effect"
import type { Bench } from "../../Bench.ts"
import { runOf, standard } from "../../drive/exported.ts"
import { listed } from "../../generate/values.ts"
import { fit } from "../../values/fit.ts"

export const fieldOf = (name: string, type: FieldType.FieldType, nullable = true): RecordSchema.Field => ({
  name,
  type,
  nullable,
  description: FieldType.format(type),
  created: true,
})

/** Records of one field for each type, told apart by "id". */
export const modelOf = (
  capabilities: Capabilities.Capabilities,
  types: ReadonlyArray<FieldType.FieldType>,
): Model.Model => {
  const id = fieldOf("id", capabilities.types.includes("Int") ? FieldType.int32 : FieldType.text(), false)
  const identity: Model.Identity = capabilities.identities.includes("Append")
    ? { _tag: "Append" }
    : { _tag: "Upsert", key: ["id"], versions: [] }
  return {
    name: "values",
    description: "Values of every type",
    schema: { fields: [id, ...types.map((type, index) => fieldOf(`f${index}`, type))] },
    identity,
  }
}

/** Refusing one field refuses them all, so the halves are asked until the ones to blame are alone. */
export const carried = (
  bench: Bench,
  destination: Destination.Configured,
  encodings: Bench["encodings"],
  types: ReadonlyArray<FieldType.FieldType>,
): Effect.Effect<ReadonlyArray<FieldType.FieldType>> =>
  Effect.gen(function* () {
    if (types.length === 0) return []
    const model = modelOf(bench.plugin.capabilities, types)
    const plan = yield* Effect.result(destination.plan(runOf(standard(bench, { model, offers: encodings }))))
    if (Result.isSuccess(plan)) return types.filter((type, index) => isRendered(plan.success, `f${index}`, type))
    if (types.length === 1) return []
    const half = Math.ceil(types.length / 2)
    const first = yield* carried(bench, destination, encodings, types.slice(0, half))
    return [...first, ...(yield* carried(bench, destination, encodings, types.slice(half)))]
  })

/** Sources have no way from some types to others, and refuse the pair before they read. */
const isRendered = ({ projection }: Destination.Plan, name: string, type: FieldType.FieldType): boolean => {
  const column = projection.columns.find(({ field }) => field.name === name)
  return column !== undefined && listed(type).every((value) => fit(type, column.as, value) !== undefined)
}
