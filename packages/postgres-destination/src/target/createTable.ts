/** The statement that creates the target: exactly the fields that a new table gets, in the model's order, and the key that a merge needs. */
import type { Projection } from "@batch-exports/core"
import * as identifier from "../identifier.ts"
import { newColumnType } from "./columnTypes.ts"

export interface TableKey {
  readonly kind: "PRIMARY KEY" | "UNIQUE"
  readonly columns: ReadonlyArray<string>
}

export const createTable = (
  names: { readonly schema: string; readonly table: string },
  columns: ReadonlyArray<Projection.Column>,
  key?: TableKey,
): string => {
  const lines = columns.map(
    ({ field, targetType }) => `  ${identifier.quote(field.name)} ${newColumnType(field.type)?.sql ?? targetType}`,
  )
  if (key !== undefined) lines.push(`  ${key.kind} (${key.columns.map(identifier.quote).join(", ")})`)
  return `CREATE TABLE ${identifier.qualified(names.schema, names.table)} (\n${lines.join(",\n")}\n)`
}
