/** The model that a selection means; for a table or a query, ClickHouse has to be asked what it looks like. */
import { SourceError } from "@batch-exports/core"
import { Effect, Result } from "effect"
import type { Connection } from "./connect.ts"
import { events } from "./models/events.ts"
import { persons } from "./models/persons.ts"
import { sessions } from "./models/sessions.ts"
import type { SourceModel } from "./models/SourceModel.ts"
import type { Query, Selection, Table } from "./Selection.ts"
import { type Described, source, tableModel } from "./tables/tableModel.ts"

export const select = (connection: Connection, selection: Selection): Effect.Effect<SourceModel, SourceError> => {
  switch (selection.name) {
    case "events":
      return Effect.succeed(events(selection))
    case "persons":
      return Effect.succeed(persons(selection))
    case "sessions":
      return Effect.succeed(sessions(selection))
    case "table":
    case "query":
      return described(connection, selection)
    default:
      return selection satisfies never
  }
}

const described = Effect.fnUntraced(function* (
  connection: Connection,
  selection: Table | Query,
): Effect.fn.Return<SourceModel, SourceError> {
  const columns = yield* connection.rows<Described>(`DESCRIBE TABLE ${source(selection)}`, {
    params: { start: "0", end: "1" },
  })
  const made = tableModel(selection, columns)
  if (Result.isSuccess(made)) return made.success
  const { message, remedy } = made.failure
  const what = selection.name === "table" ? `table ${selection.table}` : "the query"
  return yield* new SourceError({
    reason: "SourceMissing",
    message: `${what} in ClickHouse at ${connection.place.url}: ${message}`,
    remedy,
  })
})
