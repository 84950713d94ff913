/** The source: PostHog-shaped models, tables and queries out of ClickHouse, rendered by ClickHouse itself. */
import { Source } from "@batch-exports/core"
import { check } from "./check/check.ts"
import { Config } from "./Config.ts"
import * as Encodings from "./encodings/index.ts"
import { open } from "./open.ts"
import { Selection } from "./Selection.ts"

export const ClickHouseSource: Source.Plugin = Source.define<Config, Selection>({
  name: "clickhouse",
  title: "ClickHouse",
  description: "Reads PostHog-shaped models, any table, or a query over ClickHouse's HTTP interface.",
  Config,
  Selection,
  encodings: Encodings.names,
  check,
  open,
})
