/** `/api/runs`. */
import { Effect, Option, Schema } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Pages from "../../store/Pages.ts"
import { isFinished } from "../../store/Run.ts"
import * as RunLogs from "../../store/RunLogs.ts"
import * as Runs from "../../store/Runs.ts"
import { Api } from "../api/Api.ts"
import { Conflict, Malformed, NotFound } from "../api/problems.ts"
import * as Cursor from "../cursor.ts"
import { stateful } from "./common.ts"
import * as Present from "./present.ts"

const After = Schema.Struct({ windowStart: Schema.Int, createdAt: Schema.Int, id: Schema.String })

const runOf = Effect.fnUntraced(function* (id: string) {
  const run = yield* Runs.get(id)
  if (run !== undefined) return run
  return yield* new NotFound({
    message: `there is no run "${id}"`,
    remedy: "GET /api/runs lists them. Old runs are forgotten: see keepRuns.",
  })
})

export const runs = HttpApiBuilder.group(Api, "runs", (handlers) =>
  handlers.handleAll({
    listRuns: ({ query }) =>
      Effect.gen(function* () {
        const after = query.cursor === undefined ? Option.none() : Cursor.decode(After, query.cursor)
        if (query.cursor !== undefined && Option.isNone(after)) {
          const message = "is not a cursor that this API gave"
          return yield* new Malformed({ message: `cursor ${message}`, fields: [{ pointer: "/cursor", message }] })
        }
        const limit = query.limit ?? 50
        const found = yield* Pages.runs({
          export: query.export,
          state: query.state,
          backfillId: query.backfill,
          after: Option.getOrUndefined(after),
          limit: limit + 1,
        })
        const page = found.slice(0, limit)
        const last = page.at(-1)
        return {
          items: page.map(Present.run),
          next:
            found.length > limit && last !== undefined
              ? Cursor.encode({ windowStart: last.window.start, createdAt: last.createdAt, id: last.id })
              : null,
        }
      }).pipe(stateful),
    getRun: ({ params }) => Effect.map(runOf(params.id), Present.run).pipe(stateful),
    runLogs: ({ params, query }) =>
      Effect.gen(function* () {
        const { id } = yield* runOf(params.id)
        const lines = yield* RunLogs.list({ runId: id, after: query.after, limit: query.limit ?? 200 })
        return { items: lines.map(Present.logLine) }
      }).pipe(stateful),
    retryRun: ({ params, payload }) =>
      Effect.gen(function* () {
        const run = yield* runOf(params.id)
        const force = payload.force === true
        if (!(yield* Runs.retry(run.id, force ? "force" : undefined, force))) {
          return yield* new Conflict({
            message: `the run is ${run.state}: only a finished run can be retried`,
            remedy: "Wait until it ends, or cancel it.",
          })
        }
        return Present.run(yield* runOf(params.id))
      }).pipe(stateful),
    cancelRun: ({ params }) =>
      Effect.gen(function* () {
        const run = yield* runOf(params.id)
        if (isFinished(run.state)) return yield* new Conflict({ message: `the run has ended: ${run.state}` })
        yield* Runs.requestCancel(run.id)
        return Present.run(yield* runOf(params.id))
      }).pipe(stateful),
  }),
)
