/** Connects to ClickHouse for the exports of one selection. */
import { createHash } from "node:crypto"
import { type Source, SourceError } from "@batch-exports/core"
import { DateTime, Effect, type Scope } from "effect"
import type { Config } from "./Config.ts"
import { connect, type Connection } from "./connect.ts"
import { counting } from "./counting/counting.ts"
import * as Encodings from "./encodings/index.ts"
import type { SourceModel, Table } from "./models/SourceModel.ts"
import { readWindow } from "./read/readWindow.ts"
import { watermark } from "./watermark.ts"
import { select } from "./select.ts"
import type { Selection } from "./Selection.ts"

export const open = Effect.fn("ClickHouseSource.open")(function* (
  config: Config,
  selection: Selection,
): Effect.fn.Return<Source.Opened, SourceError, Scope.Scope> {
  const connection = yield* connect(config)
  const selected = yield* select(connection, selection)
  const columns = yield* requireColumns(connection, selected)
  const model = selected.adapted?.(columns) ?? selected
  return {
    encodings: Encodings.names,
    model: model.model,
    definition: definition(model),
    now: now(connection),
    watermark: watermark(connection, config.settle),
    endless: model.endless,
    ...counting(connection, model),
    read: (request) => readWindow(connection, model, request),
  }
})

export const definition = ({ identity }: SourceModel): string =>
  createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32)

const now = ({ rows }: Connection): Effect.Effect<DateTime.Utc, SourceError> =>
  Effect.map(rows<{ micros: string }>("SELECT toString(toUnixTimestamp64Micro(now64(6))) AS micros"), ([row]) =>
    DateTime.makeUnsafe(Math.floor(Number(row?.micros) / 1000)),
  )

/** The columns of the first table. Fails, before a destination is opened, where a table lacks what the model reads. */
export const requireColumns = Effect.fnUntraced(function* (
  connection: Connection,
  model: SourceModel,
): Effect.fn.Return<ReadonlySet<string>, SourceError> {
  let first: ReadonlySet<string> | undefined
  for (const table of model.tables) {
    const described = yield* connection.rows<{ name: string }>(`DESCRIBE TABLE ${table.name}`).pipe(orInstead(table))
    const present = new Set(described.map(({ name }) => name))
    first ??= present
    const absent = table.columns.filter((name) => !present.has(name))
    if (absent.length > 0) {
      return yield* new SourceError({
        reason: "SourceMissing",
        message: `table ${table.name} in ClickHouse at ${connection.place.url} lacks ${absent.join(", ")}`,
        remedy: `Name another table, or add the columns that the model "${model.model.name}" reads.`,
      }).pipe(orInstead(table))
    }
  }
  return first ?? new Set()
})

/** Says what else may be written, where the table is not what the model needs. */
export const orInstead = ({ instead }: Table) =>
  Effect.mapError((error: SourceError) =>
    instead === undefined || error.reason !== "SourceMissing"
      ? error
      : new SourceError({
          reason: error.reason,
          message: error.message,
          remedy: `${error.remedy} Or write ${instead}.`,
          ...(error.code === undefined ? {} : { code: error.code }),
        }),
  )
