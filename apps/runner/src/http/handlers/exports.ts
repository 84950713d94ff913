/** `/api/exports`. */
import { ExportWindow } from "@batch-exports/core"
import { Clock, Effect, Option, Schema } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import type { Export } from "../../config/Config.ts"
import { skipGap } from "../../runner/skipGap.ts"
import * as Exports from "../../store/Exports.ts"
import * as Pages from "../../store/Pages.ts"
import * as RunLogs from "../../store/RunLogs.ts"
import { Api } from "../api/Api.ts"
import { Unreachable } from "../api/problems.ts"
import * as Cursor from "../cursor.ts"
import * as Change from "../definitions/change.ts"
import { definitionOf, HOUR, lastHour, stateful, stateOf, tried } from "./common.ts"
import * as Present from "./present.ts"
import { allNames, summaries, whole } from "./summaries.ts"

/** What a run of the hour that ended last would do. */
export const planOf = (definition: Export) =>
  Effect.gen(function* () {
    const window = yield* lastHour
    const found = yield* Effect.gen(function* () {
      const source = yield* definition.source.open
      const run = ExportWindow.makeRun({ source, run: { id: "plan", export: definition.name, window, mode: "once" } })
      yield* ExportWindow.refuse(run, definition.destination.plugin)
      return yield* definition.destination.plan(run)
    }).pipe(Effect.scoped, Effect.mapError(Present.unreachable), Effect.timeoutOption("1 minute"))
    if (Option.isSome(found)) return Present.plan(found.value, window)
    return yield* new Unreachable({
      message: "the servers have not answered within a minute",
      remedy: "Run the check: it says which of them.",
      side: "destination",
      reason: "Stalled",
      code: null,
    })
  })

const metrics = Effect.fnUntraced(function* (name: string, period: "hour" | "day", periods: number) {
  const length = period === "hour" ? HOUR : 24 * HOUR
  const now = yield* Clock.currentTimeMillis
  const from = (Math.floor(now / length) - periods + 1) * length
  const found = yield* Pages.points({ exports: [name], from, to: now + length, period: length })
  const byIndex = new Map(found.map((point) => [point.index, point]))
  const points = Array.from({ length: periods }, (_, index) => {
    const point = byIndex.get(index)
    return {
      start: Present.time(from + index * length),
      completed: point?.completed ?? 0,
      failed: point?.failed ?? 0,
      rows: point?.rows ?? 0,
      bytes: point?.bytes ?? 0,
      seconds: point === undefined || point.completed === 0 ? null : point.millis / point.completed / 1000,
    }
  })
  return { period, points }
})

export const exports = HttpApiBuilder.group(Api, "exports", (handlers) =>
  handlers.handleAll({
    listExports: ({ query }) =>
      Effect.gen(function* () {
        const after =
          query.cursor === undefined ? undefined : Option.getOrUndefined(Cursor.decode(Schema.String, query.cursor))
        const limit = query.limit ?? 100
        const names = (yield* allNames).filter((name) => after === undefined || name > after)
        const page = names.slice(0, limit)
        return { items: yield* summaries(page), next: names.length > limit ? Cursor.encode(page.at(-1)) : null }
      }).pipe(stateful),
    createExport: ({ payload }) =>
      Effect.andThen(Change.create(payload), whole(payload.name)).pipe(
        stateful,
        Effect.catchTag("NotFound", Effect.die),
      ),
    getExport: ({ params }) => whole(params.name).pipe(stateful),
    patchExport: ({ params, payload }) =>
      Effect.andThen(Change.patch(params.name, payload), whole(params.name)).pipe(stateful),
    deleteExport: ({ params }) => Change.remove(params.name).pipe(stateful),
    pauseExport: ({ params, payload }) =>
      Effect.gen(function* () {
        yield* stateOf(params.name)
        yield* Exports.pause(params.name, payload.note ?? "paused by hand")
        return yield* whole(params.name)
      }).pipe(stateful),
    resumeExport: ({ params, payload }) =>
      Effect.gen(function* () {
        const { cursorAt, pausedAt } = yield* stateOf(params.name)
        const { schedule } = yield* definitionOf(params.name)
        // Without a pause there is no gap: what has ended is about to be exported.
        if (payload.skipGap === true && pausedAt !== null && cursorAt !== null && schedule !== undefined) {
          yield* skipGap(params.name, schedule, cursorAt)
        }
        yield* Exports.resume(params.name)
        return yield* whole(params.name)
      }).pipe(stateful),
    planExport: ({ params }) =>
      Effect.gen(function* () {
        return yield* planOf((yield* definitionOf(params.name)).export)
      }).pipe(tried, stateful),
    exportMetrics: ({ params, query }) =>
      Effect.gen(function* () {
        yield* whole(params.name)
        const period = query.period ?? "hour"
        return yield* metrics(params.name, period, query.periods ?? (period === "hour" ? 48 : 30))
      }).pipe(stateful),
    exportLogs: ({ params, query }) =>
      Effect.gen(function* () {
        yield* whole(params.name)
        const { after, level, limit = 200, search } = query
        const lines = yield* RunLogs.list({ export: params.name, after, level, search, limit })
        return { items: lines.map(Present.logLine) }
      }).pipe(stateful),
  }),
)
