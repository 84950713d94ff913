/** The columns of a table that does not exist yet, for people who choose a model. */
import type { Destination, Model } from "@batch-exports/core"
import { newColumnType } from "./columnTypes.ts"

export const newTarget = (model: Model.Model): ReadonlyArray<Destination.NewColumn> =>
  model.schema.fields.flatMap(({ created, name, type }) => {
    const column = created ? newColumnType(type) : undefined
    return column === undefined ? [] : [{ field: name, type: column.sql }]
  })
