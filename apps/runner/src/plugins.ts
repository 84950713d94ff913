/** The sources and destinations that this runner knows. Explicit lists: nothing registers itself. */
import { ClickHouseSource } from "@batch-exports/clickhouse-source"
import type { Destination, Source } from "@batch-exports/core"
import { FileDestination } from "@batch-exports/file-destination"
import { PostgresDestination } from "@batch-exports/postgres-destination"

export interface Plugins {
  readonly sources: ReadonlyArray<Source.Plugin>
  readonly destinations: ReadonlyArray<Destination.Plugin>
}

export const builtIn: Plugins = {
  sources: [ClickHouseSource],
  destinations: [PostgresDestination, FileDestination],
}
