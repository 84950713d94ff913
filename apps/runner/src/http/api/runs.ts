/** `/api/runs`: what ran, and what came of it. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { limited, paging } from "./exports.ts"
import { Conflict, Malformed, NotFound, Unavailable } from "./problems.ts"
import * as Shapes from "./shapes.ts"

const id = { id: Schema.String }

export const runs = HttpApiGroup.make("runs")
  .add(
    HttpApiEndpoint.get("listRuns", "/runs", {
      query: {
        ...paging,
        export: Schema.optional(Schema.String),
        state: Schema.optional(Schema.Literals(Shapes.states)),
        backfill: Schema.optional(Schema.String),
      },
      success: Shapes.page(Shapes.Run),
      error: [Malformed, Unavailable],
    }),
    HttpApiEndpoint.get("getRun", "/runs/:id", { params: id, success: Shapes.Run, error: [NotFound, Unavailable] }),
    HttpApiEndpoint.get("runLogs", "/runs/:id/logs", {
      params: id,
      query: { limit: Schema.optional(limited(1_000)), after: Schema.optional(Schema.FiniteFromString) },
      success: Schema.Struct({ items: Schema.Array(Shapes.LogLine) }),
      error: [NotFound, Unavailable],
    }),
    HttpApiEndpoint.post("retryRun", "/runs/:id/retry", {
      params: id,
      payload: Schema.Struct({
        force: Schema.optionalKey(Schema.Boolean).annotate({
          description: "Export the window again, whatever the ledger says. Rows of append models come twice.",
        }),
      }),
      success: Shapes.Run,
      error: [NotFound, Conflict, Unavailable],
    }),
    HttpApiEndpoint.post("cancelRun", "/runs/:id/cancel", {
      params: id,
      success: Shapes.Run,
      error: [NotFound, Conflict, Unavailable],
    }),
  )
  .annotateMerge(OpenApi.annotations({ description: "What ran, and what came of it." }))
