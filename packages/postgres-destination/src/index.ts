/** A batch-export destination that writes into a Postgres table, exactly once. */
export { Config } from "./config/Config.ts"
export { copyBinary, copyText } from "./encodings.ts"
export { table as failureTable } from "./failure/table.ts"
export { PostgresDestination } from "./PostgresDestination.ts"
export { acceptedPairs } from "./target/acceptedPairs.ts"
