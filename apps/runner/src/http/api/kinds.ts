/** What exports can be made of: sources of the configuration file, and kinds of destinations, with the schemas of their settings. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import * as Shapes from "./shapes.ts"

export const kinds = HttpApiGroup.make("kinds")
  .add(
    HttpApiEndpoint.get("listSources", "/sources", {
      success: Schema.Struct({ items: Schema.Array(Shapes.SourceKind) }),
    }),
    HttpApiEndpoint.get("listDestinations", "/destinations", {
      success: Schema.Struct({
        items: Schema.Array(Shapes.DestinationKind),
        /** Those that the configuration file names: an export may refer to them. */
        named: Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.String })),
        /** The JSON Schema of a schedule. */
        schedule: Schema.Unknown,
      }),
    }),
  )
  .annotateMerge(OpenApi.annotations({ description: "What exports can be made of." }))
