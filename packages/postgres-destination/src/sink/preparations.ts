/** What a run creates before its transaction begins: schema, ledger, table, columns. Pure. */
import type { Config } from "../config/Config.ts"
import type { Names } from "../failure/Circumstances.ts"
import * as identifier from "../identifier.ts"
import * as statements from "../ledger/statements.ts"
import type { Preparation } from "../target/create.ts"
import { addColumns, createTable } from "../target/createTable.ts"
import type { Layout } from "../target/project.ts"
import type { Relation, Target } from "../target/Target.ts"
import type { Decision } from "./intake.ts"

export interface Found {
  readonly access: { readonly absent: boolean }
  readonly target: Target | undefined
  readonly ledger: Relation | undefined
  readonly layout: Layout
  readonly decision: Pick<Decision, "tableKey">
}

export const preparations = (
  names: Names,
  { jsonType }: Pick<Config, "jsonType">,
  { access, decision, layout, ledger, target }: Found,
): ReadonlyArray<Preparation> => {
  const table = identifier.qualified(names.schema, names.table)
  const made: Array<Preparation> = []
  if (access.absent) {
    made.push({
      _tag: "Schema",
      name: identifier.quote(names.schema),
      statement: `CREATE SCHEMA IF NOT EXISTS ${identifier.quote(names.schema)}`,
    })
  }
  if (target === undefined) {
    const options = { key: decision.tableKey, json: jsonType }
    made.push({
      _tag: "Table",
      name: table,
      relation: names.table,
      statement: createTable(names, layout.projection.columns, options),
    })
  } else if (layout.added.length > 0) {
    made.push({ _tag: "Columns", name: table, statement: addColumns(names, layout.added, jsonType) })
  }
  if (ledger === undefined) {
    made.push({
      _tag: "Table",
      name: identifier.qualified(names.schema, names.ledgerTable),
      relation: names.ledgerTable,
      statement: statements.createLedger(names),
    })
  }
  return made
}
