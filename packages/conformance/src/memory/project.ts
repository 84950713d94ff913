/** What the table has and what the model has → what the source shall send. The memory destination's types are core's. */
import { DestinationError, Encoding, FieldType, Model, type Projection, type Run } from "@batch-exports/core"
import { Result } from "effect"
import { encoders } from "../encoders/index.ts"
import type { TableColumn } from "../Harness.ts"
import { targetTypeOf } from "../encoders/targetType.ts"

/** Types of columns that also take the values of a narrower field. */
export const widenings: ReadonlyArray<{ readonly field: FieldType.FieldType; readonly column: string }> = [
  { field: FieldType.int16, column: "integer" },
  { field: FieldType.int32, column: "bigint" },
  { field: FieldType.float32, column: "double precision" },
  { field: FieldType.text(20), column: "text" },
  { field: FieldType.uuid, column: "text" },
]

export const project = (
  run: Pick<Run.Run, "model" | "offers">,
  encodings: ReadonlyArray<string>,
  columns: ReadonlyArray<TableColumn> | undefined,
): Result.Result<Projection.Projection, DestinationError> => {
  const { fields } = run.model.schema
  const taken = fields.filter((field) =>
    columns === undefined ? field.created : columns.some(({ name }) => name === field.name),
  )
  const problems = columns === undefined ? [] : [...incompatible(taken, columns), ...unfilled(taken, columns)]
  const needed = [...Model.identityFields(run.model)].filter((name) => !taken.some((field) => field.name === name))
  if (needed.length > 0) problems.push(`it lacks ${needed.join(", ")}, by which records are told apart`)
  if (problems.length > 0) return refuse("TargetIncompatible", problems.join("; "))
  const [first, ...rest] = taken.map((field) => column(run.model, field, columns))
  if (first === undefined) return refuse("TargetIncompatible", "the table has none of the model's fields")
  const projected: Projection.Projection["columns"] = [first, ...rest]
  const able = encodings.filter((name) => projected.every((one) => encoders[name]?.takes(one) ?? false))
  const encoding = Encoding.choose(able, run.offers)
  if (encoding === undefined) {
    return refuse("Unsupported", `this model goes as ${able.join(", ")}; the source writes ${run.offers.join(", ")}`)
  }
  const leftOut = fields.filter((field) => !taken.includes(field)).map(({ name }) => name)
  return Result.succeed({ encoding, columns: projected, leftOut })
}

const column = (
  model: Model.Model,
  field: Projection.Column["field"],
  columns: ReadonlyArray<TableColumn> = [],
): Projection.Column => {
  const there = columns.find(({ name }) => name === field.name)?.type ?? ""
  // The source cuts what a shorter column cannot hold, and counts it.
  const as = field.type._tag === "Text" && limitOf(there) !== undefined ? FieldType.text(limitOf(there)) : field.type
  const unfit = Model.identityFields(model).has(field.name) ? "fail" : "nearest"
  return { field, as, targetType: targetTypeOf(as), unfit }
}

const limitOf = (type: string): number | undefined => {
  const limit = /^character varying\((\d+)\)$/.exec(type)?.[1]
  return limit === undefined ? undefined : Number(limit)
}

const incompatible = (fields: ReadonlyArray<Projection.Column["field"]>, columns: ReadonlyArray<TableColumn>) =>
  fields.flatMap(({ name, type }) => {
    const there = columns.find((column) => column.name === name)?.type
    const own = targetTypeOf(type)
    const cut = type._tag === "Text" && limitOf(there ?? "") !== undefined
    const fits =
      there === own || cut || widenings.some((pair) => targetTypeOf(pair.field) === own && pair.column === there)
    return fits ? [] : [`column "${name}" is ${there}, and the field's type is ${own}`]
  })

const unfilled = (fields: ReadonlyArray<Projection.Column["field"]>, columns: ReadonlyArray<TableColumn>) =>
  columns
    .filter(
      ({ hasDefault, name, nullable }) => !nullable && !hasDefault && !fields.some((field) => field.name === name),
    )
    .map(({ name }) => `column "${name}" takes no NULL, has no default, and nothing is exported into it`)

const refuse = (reason: "TargetIncompatible" | "Unsupported", message: string) =>
  Result.fail(new DestinationError({ reason, message, remedy: "Change the table, or choose another." }))
