/** `batch-exports status`: every export at a glance. */
import { shellWord } from "@batch-exports/core"
import { Clock, Console, Effect } from "effect"
import { Command } from "effect/cli"
import { SqlClient } from "effect/sql"
import * as Exports from "../store/Exports.ts"
import type { Row } from "../store/Run.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"
import { isRunning, withState } from "./state.ts"
import * as Times from "./times.ts"

export const status = Command.make(
  "status",
  { data: Flags.data, json: Flags.json },
  Effect.fn("status")(function* (flags) {
    const exports = yield* summarise.pipe(withState(flags))
    const running = yield* isRunning(flags)
    const now = yield* Clock.currentTimeMillis
    if (flags.json) return yield* Console.log(JSON.stringify({ running, exports: exports.map(asData) }))
    yield* Console.log(
      [
        `runner  ${running ? "running" : "not running"}`,
        "",
        exports.length === 0
          ? "no exports"
          : Format.table(
              ["export", "schedule", "state", "exported until", "next", "waiting", "running", "failed"],
              exports.map((each) => [
                each.name,
                each.schedule ?? "by hand",
                each.removedAt !== null ? "removed" : each.pausedAt !== null ? "paused" : "active",
                Times.instant(each.until),
                each.nextDueAt === null || each.pausedAt !== null ? "" : next(each.nextDueAt - now),
                String(each.waiting),
                String(each.running),
                String(each.failed),
              ]),
              ["waiting", "running", "failed"],
            ),
        ...exports.flatMap((each) =>
          each.pauseReason === null ? [] : ["", `${each.name}: ${each.pauseReason}`, ...remedies(each)],
        ),
      ].join("\n"),
    )
  }),
).pipe(Command.withDescription("Show every export: its schedule, how far it is, what waits, runs and failed"))

const remedies = ({ failed, name }: { readonly failed: number; readonly name: string }) =>
  failed === 0
    ? [`  to do   batch-exports resume ${shellWord(name)}`]
    : [
        `  why     batch-exports logs --level error --export ${shellWord(name)}`,
        `  to do   batch-exports resume ${shellWord(name)} --retry-failed`,
      ]

const next = (millis: number): string => (millis <= 0 ? "now" : `in ${Times.lengthOf(millis)}`)

const summarise = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`SELECT export,
      MAX(CASE WHEN state = 'completed' THEN window_end END) AS until,
      SUM(CASE WHEN state = 'scheduled' THEN 1 ELSE 0 END) AS waiting,
      SUM(CASE WHEN state IN ('starting', 'running') THEN 1 ELSE 0 END) AS running,
      SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failed
    FROM runs GROUP BY export`
  const counts = new Map(rows.map((row) => [String(row["export"]), row]))
  return (yield* Exports.all).map((state) => {
    const row = counts.get(state.name)
    const until = row?.["until"]
    return {
      ...state,
      until: until === null || until === undefined ? null : Number(until),
      waiting: Number(row?.["waiting"] ?? 0),
      running: Number(row?.["running"] ?? 0),
      failed: Number(row?.["failed"] ?? 0),
    }
  })
})

const asData = (each: Effect.Success<typeof summarise>[number]) => ({
  name: each.name,
  schedule: each.schedule,
  state: each.removedAt !== null ? "removed" : each.pausedAt !== null ? "paused" : "active",
  pauseReason: each.pauseReason,
  exportedUntil: Times.iso(each.until),
  nextDueAt: each.pausedAt !== null || each.nextDueAt === 0 ? null : Times.iso(each.nextDueAt),
  waiting: each.waiting,
  running: each.running,
  failed: each.failed,
})
