/** What the API answers with. Times are ISO 8601 in UTC; null where something has not happened. */
import { Schema } from "effect"
import { finished, type State } from "../../store/Run.ts"

const Time = Schema.String.annotate({ format: "date-time" })
const Moment = Schema.NullOr(Time)
const Count = Schema.Int

export const states = ["scheduled", "starting", "running", ...finished] as const satisfies ReadonlyArray<State>

export const Window = Schema.Struct({ start: Time, end: Time })

export const Failure = Schema.Struct({
  side: Schema.Literals(["source", "destination", "runner"]),
  reason: Schema.String,
  recovery: Schema.String,
  code: Schema.NullOr(Schema.String),
  message: Schema.String,
  remedy: Schema.String,
}).annotate({ identifier: "Failure" })

export const Run = Schema.Struct({
  id: Schema.String,
  export: Schema.String,
  origin: Schema.Literals(["schedule", "backfill", "coverage", "repair"]),
  backfill: Schema.NullOr(Schema.String),
  mode: Schema.Literals(["once", "force", "fill"]),
  window: Window,
  state: Schema.Literals(states),
  cancelling: Schema.Boolean,
  attempts: Count,
  dueAt: Time,
  startedAt: Moment,
  finishedAt: Moment,
  alreadyExported: Schema.Boolean,
  rows: Schema.NullOr(Schema.Struct({ received: Count, inserted: Count, updated: Count, unchanged: Count })),
  /** While it runs, those sent so far. */
  bytes: Count,
  encoding: Schema.NullOr(Schema.String),
  adjusted: Schema.Record(Schema.String, Count),
  leftOut: Schema.Array(Schema.String),
  timings: Schema.NullOr(Schema.Struct({ open: Schema.Finite, transfer: Schema.Finite, commit: Schema.Finite })),
  notices: Schema.Array(Schema.String),
  error: Schema.NullOr(Failure),
}).annotate({ identifier: "Run" })
export type Run = typeof Run.Type

const Place = Schema.Struct({ type: Schema.String, title: Schema.String, name: Schema.NullOr(Schema.String) })

export const ExportSummary = Schema.Struct({
  name: Schema.String,
  managedBy: Schema.Literals(["file", "api"]),
  source: Schema.NullOr(Place),
  destination: Schema.NullOr(Place),
  model: Schema.String,
  schedule: Schema.NullOr(Schema.String),
  state: Schema.Literals(["active", "paused", "by hand", "unusable"]),
  /** Why it is paused, or cannot be used. */
  note: Schema.NullOr(Schema.String),
  exportedUntil: Moment,
  /** How far that is in the past. */
  lagSeconds: Schema.NullOr(Schema.Finite),
  /** When the next run of the schedule begins. */
  nextRunAt: Moment,
  lastRun: Schema.NullOr(Run),
  waiting: Count,
  running: Count,
  failed: Count,
  /** Rows of completed runs, hour by hour over the last day. */
  rowsPerHour: Schema.Array(Count),
}).annotate({ identifier: "ExportSummary" })
export type ExportSummary = typeof ExportSummary.Type

const Settings = Schema.Struct({
  type: Schema.String,
  name: Schema.NullOr(Schema.String),
  settings: Schema.Unknown,
  /** JSON pointers to the settings that are secrets, which are never shown. */
  secrets: Schema.Array(Schema.String),
})

export const Export = Schema.Struct({
  ...ExportSummary.fields,
  /** As `POST /exports` takes it, without secrets; null for exports of the configuration file. */
  definition: Schema.NullOr(Schema.Unknown),
  /** With its references resolved. */
  resolved: Schema.NullOr(
    Schema.Struct({ source: Settings, destination: Settings, model: Schema.Unknown, schedule: Schema.Unknown }),
  ),
}).annotate({ identifier: "Export" })
export type Export = typeof Export.Type

export const CheckEvent = Schema.Struct({
  side: Schema.Literals(["source", "destination"]),
  id: Schema.String,
  title: Schema.String,
  status: Schema.Literals(["passed", "failed", "skipped"]),
  detail: Schema.optionalKey(Schema.String),
  remedy: Schema.optionalKey(Schema.String),
  durationMillis: Schema.Finite,
}).annotate({ identifier: "CheckEvent" })
/** `done` comes last, when all steps have been taken. */
export const CheckMessage = Schema.Union([
  Schema.Struct({ type: Schema.Literal("step"), step: CheckEvent }),
  Schema.Struct({ type: Schema.Literal("done"), passed: Schema.Boolean }),
])
export type CheckMessage = typeof CheckMessage.Type

export const Plan = Schema.Struct({
  target: Schema.String,
  encoding: Schema.String,
  window: Window,
  columns: Schema.Array(
    Schema.Struct({ field: Schema.String, type: Schema.String, columnType: Schema.String, description: Schema.String }),
  ),
  leftOut: Schema.Array(Schema.String),
  missing: Schema.Array(Window),
  create: Schema.Array(Schema.String),
  notices: Schema.Array(Schema.String),
}).annotate({ identifier: "Plan" })
export type Plan = typeof Plan.Type

export const Model = Schema.Struct({
  name: Schema.String,
  description: Schema.String,
  identity: Schema.Literals(["append", "upsert"]),
  key: Schema.Array(Schema.String),
  fields: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      type: Schema.String,
      /** As the destination will create it; null where it will not, or does not say. */
      columnType: Schema.NullOr(Schema.String),
      nullable: Schema.Boolean,
      description: Schema.String,
    }),
  ),
}).annotate({ identifier: "Model" })
export type Model = typeof Model.Type

export const DestinationKind = Schema.Struct({
  type: Schema.String,
  title: Schema.String,
  description: Schema.String,
  identities: Schema.Array(Schema.String),
  exactlyOnce: Schema.Boolean,
  /** Keys that a form asks for first. */
  form: Schema.Array(Schema.String),
  config: Schema.Unknown.annotate({ description: "The JSON Schema of its settings." }),
}).annotate({ identifier: "DestinationKind" })
export type DestinationKind = typeof DestinationKind.Type

export const SourceKind = Schema.Struct({
  name: Schema.String,
  type: Schema.String,
  title: Schema.String,
  selection: Schema.Unknown.annotate({ description: "The JSON Schema of what an export may select." }),
}).annotate({ identifier: "SourceKind" })
export type SourceKind = typeof SourceKind.Type

export const Backfill = Schema.Struct({
  id: Schema.String,
  export: Schema.String,
  range: Window,
  step: Schema.String,
  mode: Schema.Literals(["once", "force", "fill"]),
  concurrency: Count,
  state: Schema.Literals(["running", "completed", "failed", "cancelled"]),
  message: Schema.NullOr(Schema.String),
  windows: Count,
  runs: Schema.Struct({ completed: Count, failed: Count, cancelled: Count, unfinished: Count }),
  rows: Count,
  bytes: Count,
  /** Between 0 and 1. */
  done: Schema.Finite,
  secondsLeft: Schema.NullOr(Schema.Finite),
  createdAt: Time,
  finishedAt: Moment,
}).annotate({ identifier: "Backfill" })
export type Backfill = typeof Backfill.Type

export const Estimate = Schema.Struct({
  range: Window,
  step: Schema.String,
  windows: Count,
  /** Null where the source does not say. */
  rows: Schema.NullOr(Schema.Finite),
}).annotate({ identifier: "Estimate" })
export type Estimate = typeof Estimate.Type

export const LogLine = Schema.Struct({
  id: Count,
  run: Schema.String,
  export: Schema.String,
  at: Time,
  level: Schema.Literals(["info", "warn", "error"]),
  message: Schema.String,
}).annotate({ identifier: "LogLine" })
export type LogLine = typeof LogLine.Type

export const Metrics = Schema.Struct({
  period: Schema.Literals(["hour", "day"]),
  points: Schema.Array(
    Schema.Struct({
      start: Time,
      completed: Count,
      failed: Count,
      rows: Count,
      bytes: Count,
      /** Of completed runs, on average. */
      seconds: Schema.NullOr(Schema.Finite),
    }),
  ),
}).annotate({ identifier: "Metrics" })
export type Metrics = typeof Metrics.Type

export const Session = Schema.Struct({
  /** Whether a token is needed. */
  required: Schema.Boolean,
  authenticated: Schema.Boolean,
  /** Whether secrets can be stored; if not, what to do. */
  secrets: Schema.NullOr(Schema.String),
}).annotate({ identifier: "Session" })
export type Session = typeof Session.Type

export const page = <S extends Schema.Top>(item: S) =>
  Schema.Struct({
    items: Schema.Array(item),
    /** Give it as `cursor` to get the next page; null on the last. */
    next: Schema.NullOr(Schema.String),
  })
