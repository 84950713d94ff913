/** The whole HTTP API as one value: routes, requests, answers and refusals. The OpenAPI document is made from it. */
import { HttpApi, OpenApi } from "effect/http-api"
import { backfills } from "./backfills.ts"
import { exports } from "./exports.ts"
import { kinds } from "./kinds.ts"
import { RefusesMalformed } from "./RefusesMalformed.ts"
import { runs } from "./runs.ts"
import { session } from "./session.ts"
import { trials } from "./trials.ts"

export const Api = HttpApi.make("batch-exports")
  .add(exports, trials, runs, backfills, kinds, session)
  .middleware(RefusesMalformed)
  .prefix("/api")
  .annotateMerge(
    OpenApi.annotations({
      title: "batch-exports",
      version: "1",
      description:
        "Exports, their runs and backfills. Where a token is set, every request needs it: `Authorization: Bearer <token>`. Without one, the API answers on the loopback interface alone, and a request that changes something must say where it comes from (`Origin`).",
      transform: withToken,
    }),
  )

/** The token is asked for before a route is found, so the routes themselves do not know of it. */
function withToken(document: Record<string, unknown>): Record<string, unknown> {
  const paths = document["paths"] as Readonly<Record<string, Readonly<Record<string, object>>>>
  const asked = Object.entries(paths).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => {
        const { security: _, ...others } = operation as { readonly security?: unknown }
        return [method, others]
      }),
    ),
  ])
  return {
    ...document,
    paths: Object.fromEntries(asked),
    components: {
      ...(document["components"] as object),
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
    security: [{ token: [] }, {}],
  }
}
