/** The figures that a runner shows: counted where things happen, looked up where they stand in the state database. */
import { Clock, Effect, Metric } from "effect"
import { SqlClient } from "effect/sql"
import type { Row, Run } from "../store/Run.ts"
import type { Runner } from "../store/Runners.ts"

const runs = Metric.counter("batch_exports_runs_total", {
  description: "Runs that ended, by export and state.",
  incremental: true,
})
const rows = Metric.counter("batch_exports_rows_total", {
  description: "Rows that destinations took in.",
  incremental: true,
})
const bytes = Metric.counter("batch_exports_bytes_total", {
  description: "Bytes sent in completed runs.",
  incremental: true,
})
const attempts = Metric.counter("batch_exports_failed_attempts_total", {
  description: "Attempts that failed, by export and reason.",
  incremental: true,
})
const seconds = Metric.histogram("batch_exports_run_seconds", {
  description: "How long completed runs took, attempts and waits included.",
  boundaries: [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600],
})
const unfinished = Metric.gauge("batch_exports_runs", { description: "Runs that are not finished, by state." })
const queueAge = Metric.gauge("batch_exports_queue_age_seconds", {
  description: "How long the run that waits longest has been due.",
})
const engineAge = Metric.gauge("batch_exports_engine_queue_age_seconds", {
  description: "How long the engine's oldest unstarted message has been due. Growing: the engine stands still.",
})
const paused = Metric.gauge("batch_exports_paused", { description: "Exports that are paused." })
const behind = Metric.gauge("batch_exports_behind_seconds", {
  description: "How far the end of an export's last completed window is in the past.",
})

const late = Metric.gauge("batch_exports_late_rows", {
  description:
    "Rows of exported windows that came after their export, as far as windows of the last day have been counted again.",
})

const runners = Metric.gauge("batch_exports_runners", {
  description: "Runners that share the state, this one included.",
})
const here = Metric.gauge("batch_exports_runner_runs", { description: "Runs under way in this runner." })
const info = Metric.gauge("batch_exports_runner_info", { description: "1, with this runner's name and version." })
const planningAge = Metric.gauge("batch_exports_planning_age_seconds", {
  description: "How long ago a runner last planned. Growing: none does.",
})

export const ended = (
  run: Pick<Run, "export">,
  state: string,
  result?: { rows: number; bytes: number; milliseconds: number },
) =>
  Effect.gen(function* () {
    const attributes = { export: run.export }
    yield* Metric.update(Metric.withAttributes(runs, { ...attributes, state }), 1)
    if (result === undefined) return
    yield* Metric.update(Metric.withAttributes(rows, attributes), result.rows)
    yield* Metric.update(Metric.withAttributes(bytes, attributes), result.bytes)
    yield* Metric.update(Metric.withAttributes(seconds, attributes), result.milliseconds / 1000)
  })

export const lateRows = (exportName: string, count: number) =>
  Metric.update(Metric.withAttributes(late, { export: exportName }), count)

export const attemptFailed = (run: Pick<Run, "export">, reason: string) =>
  Metric.update(Metric.withAttributes(attempts, { export: run.export, reason }), 1)

interface Presence {
  readonly self: { readonly id: string; readonly version: string }
  readonly runners: ReadonlyArray<Runner>
  readonly plannedAt: number
}

/** Gauges are looked up, so that they are right after a restart, too. Each runner shows those of all. */
export const measure = Effect.fnUntraced(function* ({ plannedAt, runners: all, self }: Presence) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* Metric.update(Metric.withAttributes(info, { runner: self.id, version: self.version }), 1)
  yield* Metric.update(runners, all.length)
  yield* Metric.update(here, all.find(({ id }) => id === self.id)?.running ?? 0)
  yield* Metric.update(planningAge, age(plannedAt, now))
  const states = new Map<string, number>([
    ["scheduled", 0],
    ["starting", 0],
    ["running", 0],
  ])
  const counted = yield* sql<Row>`SELECT state, COUNT(*) AS n FROM runs
    WHERE state IN ('scheduled', 'starting', 'running') GROUP BY state`
  for (const row of counted) states.set(String(row["state"]), Number(row["n"]))
  for (const [state, n] of states) yield* Metric.update(Metric.withAttributes(unfinished, { state }), n)
  const [oldest] = yield* sql<Row>`SELECT MIN(due_at) AS due FROM runs WHERE state = 'scheduled' AND due_at <= ${now}`
  yield* Metric.update(queueAge, age(oldest?.["due"], now))
  const [message] = yield* sql<Row>`SELECT CAST(MIN(id) AS TEXT) AS id FROM cluster_messages
    WHERE processed = ${false} AND last_read IS NULL AND (deliver_at IS NULL OR deliver_at <= ${now})`
  yield* Metric.update(engineAge, age(timeOf(message?.["id"]), now))
  const [pauses] = yield* sql<Row>`SELECT COUNT(*) AS n FROM exports WHERE paused_at IS NOT NULL AND removed_at IS NULL`
  yield* Metric.update(paused, Number(pauses?.["n"] ?? 0))
})

/** Walks all runs, so it is done when somebody asks for the figures. */
export const measureDelays = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const last =
    yield* sql<Row>`SELECT export, MAX(window_end) AS until FROM runs WHERE state = 'completed' GROUP BY export`
  for (const row of last) {
    const attributes = { export: String(row["export"]) }
    yield* Metric.update(Metric.withAttributes(behind, attributes), age(row["until"], now))
  }
})

const age = (since: Row[string] | undefined, now: number): number =>
  since === null || since === undefined ? 0 : Math.max(0, now - Number(since)) / 1000

const ENGINE_EPOCH = Date.UTC(2025, 0, 1)

/** The engine's identifiers begin with the time at which they were made. */
const timeOf = (id: Row[string] | undefined): number | null =>
  id === null || id === undefined ? null : Number(BigInt(String(id)) >> 22n) + ENGINE_EPOCH
