/** The source: PostHog-shaped models out of ClickHouse, rendered by ClickHouse itself. */
import { Source } from "@batch-exports/core"
import { check } from "./check.ts"
import { Config } from "./Config.ts"
import * as Encodings from "./encodings/index.ts"
import { events } from "./models/events.ts"
import { persons } from "./models/persons.ts"
import { sessions } from "./models/sessions.ts"
import type { SourceModel } from "./models/SourceModel.ts"
import { open } from "./open.ts"
import { Selection } from "./Selection.ts"

const select = (selection: Selection): SourceModel => {
  switch (selection.name) {
    case "events":
      return events(selection)
    case "persons":
      return persons(selection)
    case "sessions":
      return sessions(selection)
    default:
      return selection satisfies never
  }
}

export const ClickHouseSource: Source.Plugin = Source.define<Config, Selection>({
  name: "clickhouse",
  title: "ClickHouse",
  description: "Reads PostHog-shaped tables over ClickHouse's HTTP interface.",
  Config,
  Selection,
  encodings: Encodings.names,
  check: (config, selection) => check(config, select(selection)),
  open: (config, selection) => open(config, select(selection)),
})
