/** `/api/backfills`: history, window by window. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { name } from "./exports.ts"
import { Conflict, Invalid, NotFound, TooMany, Unavailable } from "./problems.ts"
import * as Shapes from "./shapes.ts"

const id = { id: Schema.String }

const Range = Schema.Struct({
  start: Schema.String.annotate({
    description: "Of ingestion time, with its zone.",
    examples: ["2026-01-01T00:00:00Z"],
  }),
  end: Schema.optionalKey(Schema.String).annotate({
    description: "Left out: now, to the start of the period under way.",
  }),
  step: Schema.optionalKey(Schema.String).annotate({
    description: "How long its windows are: hour, day, week, a number of minutes, schedule, or whole.",
  }),
})

export const backfills = HttpApiGroup.make("backfills")
  .add(
    HttpApiEndpoint.get("listBackfills", "/backfills", {
      query: { export: Schema.optional(Schema.String) },
      success: Schema.Struct({ items: Schema.Array(Shapes.Backfill) }),
      error: Unavailable,
    }),
    HttpApiEndpoint.get("getBackfill", "/backfills/:id", {
      params: id,
      success: Shapes.Backfill,
      error: [NotFound, Unavailable],
    }),
    HttpApiEndpoint.post("estimateBackfill", "/exports/:name/backfills/estimate", {
      params: name,
      payload: Range,
      success: Shapes.Estimate,
      error: [NotFound, Invalid, TooMany, Unavailable],
    }),
    HttpApiEndpoint.post("createBackfill", "/exports/:name/backfills", {
      params: name,
      payload: Schema.Struct({
        ...Range.fields,
        concurrency: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))),
        force: Schema.optionalKey(Schema.Boolean).annotate({
          description: "Export every window again, whatever the ledger says. Rows of append models come twice.",
        }),
      }),
      success: Shapes.Backfill.pipe(HttpApiSchema.status(201)),
      error: [NotFound, Invalid, TooMany, Unavailable],
    }),
    HttpApiEndpoint.post("cancelBackfill", "/backfills/:id/cancel", {
      params: id,
      success: Shapes.Backfill,
      error: [NotFound, Conflict, Unavailable],
    }),
    HttpApiEndpoint.post("resumeBackfill", "/backfills/:id/resume", {
      params: id,
      success: Shapes.Backfill,
      error: [NotFound, Conflict, Unavailable],
    }),
  )
  .annotateMerge(OpenApi.annotations({ description: "History, window by window, oldest first." }))
