/** `/api/session`: the console's login; and `/api/events`, which says that there is something new to read. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { TooMany, Unauthorized } from "./problems.ts"
import * as Shapes from "./shapes.ts"

export const session = HttpApiGroup.make("session")
  .add(
    HttpApiEndpoint.get("getSession", "/session", { success: Shapes.Session }),
    HttpApiEndpoint.post("logIn", "/session", {
      payload: Schema.Struct({ token: Schema.RedactedFromValue(Schema.String, { label: "token" }) }),
      success: HttpApiSchema.NoContent,
      error: [Unauthorized, TooMany],
    }),
    HttpApiEndpoint.delete("logOut", "/session", { success: HttpApiSchema.NoContent }),
    HttpApiEndpoint.get("events", "/events", {
      success: HttpApiSchema.StreamSse({ data: Schema.Struct({ changed: Schema.Array(Schema.String) }) }),
      error: TooMany,
    }),
  )
  .annotateMerge(OpenApi.annotations({ description: "The console's login, and word of changes." }))
