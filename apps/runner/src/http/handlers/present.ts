/** What the runner knows, in the shapes of the API. Pure. */
import { type Destination, type ExportError, FieldType, type Model, type Window } from "@batch-exports/core"
import { DateTime } from "effect"
import type { Progress } from "../../runner/progress.ts"
import type * as RunLogs from "../../store/RunLogs.ts"
import type { Run } from "../../store/Run.ts"
import { Unreachable } from "../api/problems.ts"
import type * as Shapes from "../api/shapes.ts"

export const time = (millis: number): string => new Date(millis).toISOString()
export const moment = (millis: number | null | undefined): string | null =>
  millis === null || millis === undefined ? null : time(millis)

export const span = ({ end, start }: { readonly start: number; readonly end: number }) => ({
  start: time(start),
  end: time(end),
})

const window = ({ end, start }: Window.Window) => ({ start: DateTime.formatIso(start), end: DateTime.formatIso(end) })

export const run = (of: Run): Shapes.Run => ({
  id: of.id,
  export: of.export,
  origin: of.origin,
  backfill: of.backfillId,
  mode: of.mode,
  window: span(of.window),
  state: of.state,
  cancelling: of.cancelRequested,
  attempts: of.attempts,
  dueAt: time(of.dueAt),
  startedAt: moment(of.startedAt),
  finishedAt: moment(of.finishedAt),
  alreadyExported: of.alreadyExported,
  rows: of.stored === null ? null : { ...of.stored },
  bytes: of.bytes ?? of.progressBytes,
  encoding: of.encoding,
  adjusted: of.adjusted,
  leftOut: of.leftOut,
  timings: of.timings === null ? null : { ...of.timings },
  notices: of.notices,
  error: of.error,
})

export const logLine = ({ at, export: name, id, level, message, runId }: RunLogs.Line): Shapes.LogLine => ({
  id,
  run: runId,
  export: name,
  at: time(at),
  level,
  message,
})

export const backfill = ({ backfill: of, counts, done, millisLeft }: Progress): Shapes.Backfill => ({
  id: of.id,
  export: of.export,
  range: span(of.range),
  step: of.step,
  mode: of.mode,
  concurrency: of.concurrency,
  state: of.state,
  message: of.message,
  windows: of.windows,
  runs: {
    completed: counts.completed,
    failed: counts.failed,
    cancelled: counts.cancelled,
    unfinished: counts.unfinished,
  },
  rows: counts.rows,
  bytes: counts.bytes,
  done,
  secondsLeft: millisLeft === null ? null : Math.round(millisLeft / 1000),
  createdAt: time(of.createdAt),
  finishedAt: moment(of.finishedAt),
})

export const plan = (of: Destination.Plan, asked: Window.Window): Shapes.Plan => ({
  target: of.target,
  encoding: of.projection.encoding,
  window: window(asked),
  columns: of.projection.columns.map(({ field, targetType }) => ({
    field: field.name,
    type: FieldType.format(field.type),
    columnType: targetType,
    description: field.description,
  })),
  leftOut: of.projection.leftOut,
  missing: of.missing.map(window),
  create: of.create,
  notices: of.notices,
})

export const model = (of: Model.Model, destination: Destination.Plugin | undefined): Shapes.Model => {
  const columns = destination?.newTarget?.(of)
  return {
    name: of.name,
    description: of.description,
    identity: of.identity._tag === "Append" ? "append" : "upsert",
    key: of.identity._tag === "Append" ? (of.identity.dedupeKey ?? []) : of.identity.key,
    fields: of.schema.fields.map(({ description, name, nullable, type }) => ({
      name,
      type: FieldType.format(type),
      columnType: columns?.find(({ field }) => field === name)?.type ?? null,
      nullable,
      description,
    })),
  }
}

export const unreachable = (error: ExportError): Unreachable =>
  new Unreachable({
    message: error.message,
    remedy: error.remedy,
    side: error._tag === "SourceError" ? "source" : "destination",
    reason: error.reason,
    code: error.code ?? null,
  })
