/** Reads what ClickHouse's catalogue says of a table, for a proposal. */
import { SourceError } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import type { Config } from "../Config.ts"
import { connect } from "../connect.ts"
import type { Catalogue, CatalogueColumn } from "./propose.ts"

/** As in a selection: `table`, or `database.table`. */
const placeOf = (config: Config, table: string) => {
  const point = table.indexOf(".")
  return point < 0
    ? { database: config.database, name: table }
    : { database: table.slice(0, point), name: table.slice(point + 1) }
}

interface TableRow {
  readonly engine: string
  readonly engine_full: string
  readonly sorting_key: string
}

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly default_kind: string
  readonly default_expression: string
}

/** Fails with `SourceMissing` where there is no such table, or where the user may not see it. */
export const readCatalogue = Effect.fn("ClickHouseSource.catalogue")(function* (
  config: Config,
  table: string,
): Effect.fn.Return<Catalogue, SourceError, Scope.Scope> {
  const connection = yield* connect(config)
  const params = placeOf(config, table)
  const [found] = yield* connection.rows<TableRow>(
    "SELECT engine, engine_full, sorting_key FROM system.tables WHERE database = {database:String} AND name = {name:String}",
    { params },
  )
  if (found === undefined) {
    return yield* new SourceError({
      reason: "SourceMissing",
      message: `there is no table ${table} in ClickHouse at ${connection.place.url}, or the user may not see it`,
      remedy: "Look at its name, and at the database before its point.",
    })
  }
  const columns = yield* connection.rows<ColumnRow>(
    "SELECT name, type, default_kind, default_expression FROM system.columns WHERE database = {database:String} AND table = {name:String} ORDER BY position",
    { params },
  )
  return {
    table,
    engine: found.engine,
    engineFull: found.engine_full,
    sortingKey: found.sorting_key,
    columns: columns.map((column): CatalogueColumn => ({
      name: column.name,
      type: column.type,
      defaultKind: column.default_kind,
      defaultExpression: column.default_expression,
    })),
  }
}, Effect.scoped)

/** The tables that the user may see, as a selection would write them: those of the configured database first. */
export const listTables = Effect.fn("ClickHouseSource.tables")(function* (
  config: Config,
): Effect.fn.Return<ReadonlyArray<string>, SourceError, Scope.Scope> {
  const connection = yield* connect(config)
  const rows = yield* connection.rows<{ readonly database: string; readonly name: string }>(
    `SELECT database, name FROM system.tables
    WHERE NOT is_temporary AND database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') AND NOT startsWith(name, '.inner')
    ORDER BY database != {database:String}, database, name`,
    { params: { database: config.database } },
  )
  return rows.map(({ database, name }) => (database === config.database ? name : `${database}.${name}`))
}, Effect.scoped)
