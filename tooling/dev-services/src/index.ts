/** Temporary servers for the demo and the tests: the real engine and the real Postgres, started and removed by a Scope. */
export * as certificates from "./certificates.ts"
export { clickHouse, type ClickHouseOptions, ClickHouseServer, type DevClickHouse } from "./clickHouse.ts"
export { DevServiceError } from "./DevServiceError.ts"
export { type DevPgBouncer, hasPgBouncer, pgBouncer, type PgBouncerOptions } from "./pgBouncer.ts"
export { type DevPostgres, postgres, type PostgresOptions, PostgresServer } from "./postgres.ts"
