/** The statement that creates the target: exactly the fields that a new table gets, in the model's order, and no constraint. */
import type { Projection } from "@batch-exports/core"
import * as identifier from "../identifier.ts"
import { newColumnType } from "./columnTypes.ts"

export const createTable = (
  names: { readonly schema: string; readonly table: string },
  columns: ReadonlyArray<Projection.Column>,
): string =>
  `CREATE TABLE ${identifier.qualified(names.schema, names.table)} (\n${columns
    .map(({ field, targetType }) => `  ${identifier.quote(field.name)} ${newColumnType(field.type)?.sql ?? targetType}`)
    .join(",\n")}\n)`
