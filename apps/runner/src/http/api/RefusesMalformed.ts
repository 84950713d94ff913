/** Says of a request that does not fit the API which of its values is wrong, by JSON pointer. */
import { Effect, SchemaIssue } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import { Malformed, pointer } from "./problems.ts"

export class RefusesMalformed extends HttpApiMiddleware.Service<RefusesMalformed>()(
  "batch-exports/http/RefusesMalformed",
  { error: Malformed },
) {}

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** Effect's own wording names what was expected, and does not repeat what was given: it may be a secret. */
export const layer = HttpApiMiddleware.layerSchemaErrorTransform(RefusesMalformed, (error) => {
  // An answer that does not fit is this program's fault, not the client's.
  if (error.kind === "Body" || error.kind === "ResponseHeaders") return Effect.die(error)
  const where = { Payload: "body", Query: "query", Params: "path", Headers: "headers" }[error.kind]
  const fields = issuesOf(error.cause.issue).issues.map(({ message, path }) => ({
    pointer: pointer((path ?? []).map((key) => (typeof key === "object" ? key.key : key))),
    message,
  }))
  return Effect.fail(new Malformed({ message: `the request's ${where} is not as it should be`, fields }))
})
