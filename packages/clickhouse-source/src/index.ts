/** Reads export windows from ClickHouse as bytes that a destination ingests. */
export { ClickHouseSource } from "./ClickHouseSource.ts"
export { Config } from "./Config.ts"
export { table as errorTable } from "./errors/table.ts"
export { Selection } from "./Selection.ts"
export { listTables, readCatalogue } from "./tables/catalogue.ts"
export { type Catalogue, type CatalogueColumn, propose, type Proposal } from "./tables/propose.ts"
