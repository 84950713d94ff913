/**
 * Counts, by field, the values that the export adjusts. It runs beside the export, on one thread: the destination is slower than
 * either, so that it is usually done first. The counts inform; failing to get them fails nothing.
 */
import type { ClickHouseSettings } from "@clickhouse/client"
import { Effect, Exit } from "effect"
import { randomUUID } from "node:crypto"
import type { Connection } from "../connect.ts"
import * as Settings from "../query/settings.ts"
import { adjustedField, type Statement } from "../query/statement.ts"
import { kill } from "./kill.ts"

export const countAdjusted = (
  connection: Connection,
  statement: Statement | undefined,
  settings: ClickHouseSettings,
): Effect.Effect<Readonly<Record<string, number>>> => {
  if (statement === undefined) return Effect.succeed({})
  const queryId = randomUUID()
  return connection
    .rows<Record<string, string>>(statement.query, {
      params: statement.params,
      queryId,
      settings: { ...Settings.always, ...connection.limits, ...settings, max_threads: 1 },
    })
    .pipe(
      Effect.onExit((exit) => (Exit.hasInterrupts(exit) ? kill(connection, queryId) : Effect.void)),
      Effect.map(([counts = {}]) =>
        Object.fromEntries(
          Object.entries(counts).flatMap(([name, count]) =>
            count === "0" ? [] : [[adjustedField(name), Number(count)]],
          ),
        ),
      ),
      Effect.catch((error) =>
        Effect.as(Effect.logWarning(`adjusted values could not be counted: ${error.message}`), {}),
      ),
    )
}
