/** `/api/exports`: what is exported, when and where to. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Conflict, Invalid, NotFound, TooMany, Unavailable, Unreachable } from "./problems.ts"
import * as Shapes from "./shapes.ts"

export const name = { name: Schema.String }

export const limited = (most: number) =>
  Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: most }))

export const paging = {
  limit: Schema.optional(limited(500)),
  cursor: Schema.optional(Schema.String),
}

/** The whole definition is decoded as the configuration file's are, so that problems read the same. */
export const Definition = Schema.Struct({
  source: Schema.optionalKey(Schema.Unknown).annotate({
    description: "The name of a source of the configuration file; may be left out when there is one.",
  }),
  model: Schema.Unknown.annotate({ description: "What is exported: see GET /api/sources." }),
  destination: Schema.Unknown.annotate({
    description: "`type` and its settings: see GET /api/destinations. Or the name of one of the configuration file.",
  }),
  schedule: Schema.optionalKey(Schema.Unknown).annotate({
    description:
      "`hour`, `day`, `week`, `5 minutes`, or a block as in the configuration file. Without it, by hand only.",
  }),
})

const changing = [NotFound, Conflict, Unavailable] as const

export const exports = HttpApiGroup.make("exports")
  .add(
    HttpApiEndpoint.get("listExports", "/exports", {
      query: paging,
      success: Shapes.page(Shapes.ExportSummary),
      error: Unavailable,
    }),
    HttpApiEndpoint.post("createExport", "/exports", {
      payload: Schema.Struct({ name: Schema.String, ...Definition.fields }),
      success: Shapes.Export.pipe(HttpApiSchema.status(201)),
      error: [Invalid, Conflict, Unavailable],
    }),
    HttpApiEndpoint.get("getExport", "/exports/:name", {
      params: name,
      success: Shapes.Export,
      error: [NotFound, Unavailable],
    }),
    HttpApiEndpoint.patch("patchExport", "/exports/:name", {
      params: name,
      payload: Schema.Record(Schema.String, Schema.Unknown).annotate({
        description:
          "A merge patch (RFC 7396) of the definition: what is left out stays, null takes away. Secrets that are left out stay as they are.",
      }),
      success: Shapes.Export,
      error: [Invalid, ...changing],
    }),
    HttpApiEndpoint.delete("deleteExport", "/exports/:name", {
      params: name,
      success: HttpApiSchema.NoContent,
      error: changing,
    }),
    HttpApiEndpoint.post("pauseExport", "/exports/:name/pause", {
      params: name,
      payload: Schema.Struct({ note: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(500))) }),
      success: Shapes.Export,
      error: [NotFound, Unavailable],
    }),
    HttpApiEndpoint.post("resumeExport", "/exports/:name/resume", {
      params: name,
      payload: Schema.Struct({
        skipGap: Schema.optionalKey(Schema.Boolean).annotate({
          description: "Skip what the schedule missed meanwhile, instead of catching up.",
        }),
      }),
      success: Shapes.Export,
      error: [NotFound, Unavailable],
    }),
    HttpApiEndpoint.get("planExport", "/exports/:name/plan", {
      params: name,
      success: Shapes.Plan,
      error: [NotFound, Unreachable, TooMany, Unavailable],
    }),
    HttpApiEndpoint.get("exportMetrics", "/exports/:name/metrics", {
      params: name,
      query: { period: Schema.optional(Schema.Literals(["hour", "day"])), periods: Schema.optional(limited(400)) },
      success: Shapes.Metrics,
      error: [NotFound, Unavailable],
    }),
    HttpApiEndpoint.get("exportLogs", "/exports/:name/logs", {
      params: name,
      query: {
        limit: Schema.optional(limited(1_000)),

        after: Schema.optional(Schema.FiniteFromString),
        level: Schema.optional(Schema.Literals(["info", "warn", "error"])),
        search: Schema.optional(Schema.String),
      },
      success: Schema.Struct({ items: Schema.Array(Shapes.LogLine) }),
      error: [NotFound, Unavailable],
    }),
  )
  .annotateMerge(OpenApi.annotations({ description: "What is exported, when and where to." }))
