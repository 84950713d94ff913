/** `/api/backfills`. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { progress } from "../../runner/progress.ts"
import * as Backfills from "../../store/Backfills.ts"
import { Api } from "../api/Api.ts"
import { Conflict, NotFound } from "../api/problems.ts"
import { backfillRange } from "./backfillRange.ts"
import { definitionOf, stateful, tried } from "./common.ts"
import * as Present from "./present.ts"

const backfillOf = Effect.fnUntraced(function* (id: string) {
  const [found] = id.length === 36 ? yield* Backfills.byPrefix(id) : []
  if (found !== undefined) return found
  return yield* new NotFound({ message: `there is no backfill "${id}"`, remedy: "GET /api/backfills lists them." })
})

const shown = Effect.fnUntraced(function* (id: string) {
  return Present.backfill(yield* progress(yield* backfillOf(id)))
})

/** Enough to look back on; the runs of older ones are still listed. */
const SHOWN = 100

export const backfills = HttpApiBuilder.group(Api, "backfills", (handlers) =>
  handlers.handleAll({
    listBackfills: ({ query }) =>
      Effect.gen(function* () {
        const all = yield* Backfills.list(1_000)
        const asked = all.filter(({ export: name }) => query.export === undefined || name === query.export)
        const found = yield* Effect.forEach(asked.slice(0, SHOWN), progress)
        return { items: found.map(Present.backfill) }
      }).pipe(stateful),
    getBackfill: ({ params }) => shown(params.id).pipe(stateful),
    estimateBackfill: ({ params, payload }) =>
      Effect.gen(function* () {
        const planned = yield* backfillRange(yield* definitionOf(params.name), payload)
        return { ...planned, range: Present.span(planned.range) }
      }).pipe(tried, stateful),
    createBackfill: ({ params, payload }) =>
      Effect.gen(function* () {
        const { range, step, windows } = yield* backfillRange(yield* definitionOf(params.name), payload)
        const id = yield* Backfills.insert({
          export: params.name,
          range,
          step,
          windows,
          mode: payload.force === true ? "force" : "once",
          concurrency: payload.concurrency ?? 1,
        })
        return yield* shown(id)
      }).pipe(tried, stateful),
    cancelBackfill: ({ params }) =>
      Effect.gen(function* () {
        const backfill = yield* backfillOf(params.id)
        if ((yield* Backfills.cancel(backfill.id)) === undefined)
          return yield* new Conflict({ message: `the backfill has ended: ${backfill.state}` })
        return yield* shown(params.id)
      }).pipe(stateful),
    resumeBackfill: ({ params }) =>
      Effect.gen(function* () {
        const backfill = yield* backfillOf(params.id)
        if (!(yield* Backfills.resume(backfill.id)))
          return yield* new Conflict({ message: `the backfill is ${backfill.state}: there is nothing to resume` })
        return yield* shown(params.id)
      }).pipe(stateful),
  }),
)
