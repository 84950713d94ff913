/** Health and figures over HTTP, for other programs to watch. */
import { Effect, Layer, Ref } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { SqlClient } from "effect/sql"
import { Executions } from "./Executions.ts"
import { measureDelays } from "./metrics.ts"
import { Self } from "./Self.ts"

/** Planning goes round twice a second; a ledger that has to be read may hold it up for a minute. */
const TOO_LONG = 180_000

/** Whoever plans. While the state does not answer, nobody knows, and no restart would help. */
const health = Effect.gen(function* () {
  const { at, plannedAt } = yield* Ref.get((yield* Self).heard)
  const silent = at - plannedAt
  return silent > TOO_LONG
    ? HttpServerResponse.text(`planning stands still for ${Math.round(silent / 1000)} s\n`, { status: 503 })
    : HttpServerResponse.text("ok\n")
})

const readiness = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const executions = yield* Executions
  if (yield* executions.isClosed) return HttpServerResponse.text("stopping\n", { status: 503 })
  yield* sql`SELECT 1`
  return HttpServerResponse.text("ok\n")
}).pipe(
  Effect.catch(() => Effect.succeed(HttpServerResponse.text("the state database does not answer\n", { status: 503 }))),
)

const metrics = Effect.gen(function* () {
  yield* Effect.ignore(measureDelays)
  return HttpServerResponse.text(yield* PrometheusMetrics.format(), {
    contentType: "text/plain; version=0.0.4; charset=utf-8",
  })
})

export const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/healthz", health),
  HttpRouter.add("GET", "/readyz", readiness),
  HttpRouter.add("GET", "/metrics", metrics),
)
