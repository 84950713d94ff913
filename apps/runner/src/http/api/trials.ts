/** What can be tried before an export is created: its definition, its steps, its plan. Nothing of it is kept. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Definition } from "./exports.ts"
import { Invalid, NotFound, TooMany, Unavailable, Unreachable } from "./problems.ts"
import * as Shapes from "./shapes.ts"

const Trial = Schema.Struct({
  name: Schema.optionalKey(Schema.String).annotate({
    description: "Of an export that is there: secrets that are left out are its own.",
  }),
  ...Definition.fields,
})

const errors = [Invalid, NotFound, TooMany, Unavailable] as const

export const trials = HttpApiGroup.make("trials")
  .add(
    HttpApiEndpoint.post("check", "/check", {
      payload: Trial,
      success: HttpApiSchema.StreamSse({ data: Shapes.CheckMessage }),
      error: errors,
    }),
    HttpApiEndpoint.post("checkExport", "/exports/:name/check", {
      params: { name: Schema.String },
      success: HttpApiSchema.StreamSse({ data: Shapes.CheckMessage }),
      error: errors,
    }),
    HttpApiEndpoint.post("plan", "/plan", {
      payload: Trial,
      success: Shapes.Plan,
      error: [...errors, Unreachable],
    }),
    HttpApiEndpoint.post("describeModel", "/models", {
      payload: Schema.Struct({
        source: Schema.optionalKey(Schema.String),
        model: Schema.Unknown,
        destination: Schema.optionalKey(Schema.String).annotate({
          description: "A type of destination: the columns are then those that it will create.",
        }),
      }),
      success: Shapes.Model,
      error: [...errors, Unreachable],
    }),
  )
  .annotateMerge(OpenApi.annotations({ description: "What can be tried before an export is created." }))
