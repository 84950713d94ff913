/** The model that a selection means; for a table or a query, ClickHouse has to be asked what it looks like. */
import { SourceError } from "@batch-exports/core"
import { Effect, Result } from "effect"
import type { Problem } from "./columns/choose.ts"
import type { ColumnSettings } from "./columns/columnSettings.ts"
import { hasColumns, withColumns } from "./columns/withColumns.ts"
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
      return chosen(events(selection), selection)
    case "persons":
      return chosen(persons(selection), selection)
    case "sessions":
      return chosen(sessions(selection), selection)
    case "table":
    case "query":
      return described(connection, selection)
    default:
      return selection satisfies never
  }
}

const chosen = (model: SourceModel, settings: ColumnSettings): Effect.Effect<SourceModel, SourceError> => {
  if (!hasColumns(settings)) return Effect.succeed(model)
  return Result.match(withColumns(model, settings), {
    onFailure: (problem) => Effect.fail(refused(`the model "${model.model.name}"`, problem)),
    onSuccess: Effect.succeed,
  })
}

const refused = (what: string, { message, path, remedy }: Problem) =>
  new SourceError({
    reason: "SourceMissing",
    message: `${what}: ${path.length === 0 ? "" : `${path.join(".")}: `}${message}`,
    remedy,
  })

const described = Effect.fnUntraced(function* (
  connection: Connection,
  selection: Table | Query,
): Effect.fn.Return<SourceModel, SourceError> {
  const columns = yield* connection.rows<Described>(`DESCRIBE TABLE ${source(selection)}`, {
    params: { start: "0", end: "1" },
  })
  // Ephemeral columns are written and never read.
  const made = tableModel(
    selection,
    columns.filter(({ default_type }) => default_type !== "EPHEMERAL"),
  )
  if (Result.isSuccess(made)) return made.success
  const what = selection.name === "table" ? `table ${selection.table}` : "the query"
  return yield* refused(`${what} in ClickHouse at ${connection.place.url}`, made.failure)
})
