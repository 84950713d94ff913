/** The statements that give the target what it lacks: the whole table, with the key that a merge needs, or columns. */
import type { Projection } from "@batch-exports/core"
import * as identifier from "../identifier.ts"
import { type JsonType, newColumnType } from "./columnTypes.ts"

export interface TableKey {
  readonly kind: "PRIMARY KEY" | "UNIQUE"
  readonly columns: ReadonlyArray<string>
}

interface Names {
  readonly schema: string
  readonly table: string
}

const declaration =
  (json: JsonType) =>
  ({ field, targetType }: Projection.Column): string =>
    `${identifier.quote(field.name)} ${newColumnType(field.type, json)?.sql ?? targetType}`

export const createTable = (
  names: Names,
  columns: ReadonlyArray<Projection.Column>,
  options: { readonly key: TableKey | undefined; readonly json: JsonType },
): string => {
  const lines = columns.map(declaration(options.json))
  if (options.key !== undefined) {
    lines.push(`${options.key.kind} (${options.key.columns.map(identifier.quote).join(", ")})`)
  }
  return `CREATE TABLE ${identifier.qualified(names.schema, names.table)} (\n  ${lines.join(",\n  ")}\n)`
}

export const addColumns = (names: Names, columns: ReadonlyArray<Projection.Column>, json: JsonType): string =>
  `ALTER TABLE ${identifier.qualified(names.schema, names.table)} ${columns
    .map((column) => `ADD COLUMN IF NOT EXISTS ${declaration(json)(column)}`)
    .join(", ")}`
