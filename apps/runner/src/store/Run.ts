/** A run as the state database keeps it. */
import type { ExportWindow, Run as Contract } from "@batch-exports/core"

/**
 * `scheduled`: waits for its time and a free place. `starting`: handed to the engine. `running`: an attempt is under way or
 * waits to be repeated. `skipped`: the export is gone.
 */
export type State = "scheduled" | "starting" | "running" | "completed" | "failed" | "cancelled" | "skipped"

export const finished: ReadonlyArray<State> = ["completed", "failed", "cancelled", "skipped"]
export const isFinished = (state: State): boolean => finished.includes(state)

/** Why the run was made. `coverage`: the ledger no longer held what a completed run had exported. `repair`: rows came late. */
export type Origin = "schedule" | "backfill" | "coverage" | "repair"

export interface Failure {
  readonly side: "source" | "destination" | "runner"
  readonly reason: string
  readonly recovery: string
  readonly code: string | null
  readonly message: string
  readonly remedy: string
}

export interface Run {
  readonly id: string
  readonly export: string
  readonly destination: string
  readonly origin: Origin
  readonly backfillId: string | null
  readonly mode: Contract.Mode
  readonly window: { readonly start: number; readonly end: number }
  readonly state: State
  /** Counts retries by a person: each is a new execution in the engine, which keeps results by key. */
  readonly generation: number
  /** The generation in which a person last asked for the window to be exported again, whatever the ledger says; 0: never. */
  readonly wish: number
  /** Counts who took it in hand. Only the last one may say what becomes of it. */
  readonly claim: number
  /** The runner that took it in hand last; null: none yet. */
  readonly runner: string | null
  readonly attempts: number
  readonly dueAt: number
  readonly createdAt: number
  readonly dispatchedAt: number | null
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly heartbeatAt: number | null
  readonly progressBytes: number
  readonly cancelRequested: boolean
  readonly alreadyExported: boolean
  readonly stored: Contract.Stored | null
  readonly bytes: number | null
  readonly encoding: string | null
  readonly adjusted: Readonly<Record<string, number>>
  readonly leftOut: ReadonlyArray<string>
  readonly timings: ExportWindow.Timings | null
  readonly notices: ReadonlyArray<string>
  readonly error: Failure | null
}

type Value = string | number | bigint | null

export type Row = Readonly<Record<string, Value>>

const number = (value: Value | undefined): number => Number(value ?? 0)
const numberOrNull = (value: Value | undefined): number | null =>
  value === null || value === undefined ? null : Number(value)
const text = (value: Value | undefined): string => String(value ?? "")
const textOrNull = (value: Value | undefined): string | null =>
  value === null || value === undefined ? null : String(value)
const json = <A>(value: Value | undefined, empty: A): A =>
  typeof value === "string" ? (JSON.parse(value) as A) : empty

export const fromRow = (row: Row): Run => ({
  id: text(row["id"]),
  export: text(row["export"]),
  destination: text(row["destination"]),
  origin: text(row["origin"]) as Origin,
  backfillId: textOrNull(row["backfill_id"]),
  mode: text(row["mode"]) as Contract.Mode,
  window: { start: number(row["window_start"]), end: number(row["window_end"]) },
  state: text(row["state"]) as State,
  generation: number(row["generation"]),
  wish: number(row["wish"]),
  claim: number(row["claim"]),
  runner: textOrNull(row["runner"]),
  attempts: number(row["attempts"]),
  dueAt: number(row["due_at"]),
  createdAt: number(row["created_at"]),
  dispatchedAt: numberOrNull(row["dispatched_at"]),
  startedAt: numberOrNull(row["started_at"]),
  finishedAt: numberOrNull(row["finished_at"]),
  heartbeatAt: numberOrNull(row["heartbeat_at"]),
  progressBytes: number(row["progress_bytes"]),
  cancelRequested: number(row["cancel_requested"]) === 1,
  alreadyExported: number(row["already_exported"]) === 1,
  stored:
    numberOrNull(row["rows_received"]) === null
      ? null
      : {
          received: number(row["rows_received"]),
          inserted: number(row["rows_inserted"]),
          updated: number(row["rows_updated"]),
          unchanged: number(row["rows_unchanged"]),
        },
  bytes: numberOrNull(row["bytes"]),
  encoding: textOrNull(row["encoding"]),
  adjusted: json(row["adjusted"], {}),
  leftOut: json(row["left_out"], []),
  timings: json<ExportWindow.Timings | null>(row["timings"], null),
  notices: json(row["notices"], []),
  error: json<Failure | null>(row["error"], null),
})
