/** How a request is refused. All have one shape, so that a client shows them without knowing each. */
import { Schema } from "effect"

const body = {
  /** What went wrong, and where. */
  message: Schema.String,
  /** What to do about it. */
  remedy: Schema.optionalKey(Schema.String),
}

/** What is wrong with single values of the body: a JSON pointer (RFC 6901) to each. */
export const FieldProblem = Schema.Struct({
  pointer: Schema.String.annotate({ examples: ["/destination/port"] }),
  message: Schema.String,
})
export type FieldProblem = typeof FieldProblem.Type

const fields = { ...body, fields: Schema.Array(FieldProblem) }

export class Invalid extends Schema.TaggedError<Invalid>()("Invalid", fields, { httpApiStatus: 422 }) {}
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", fields, { httpApiStatus: 400 }) {}
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", body, { httpApiStatus: 404 }) {}
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", body, { httpApiStatus: 409 }) {}
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", body, { httpApiStatus: 401 }) {}
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", body, { httpApiStatus: 403 }) {}
export class TooMany extends Schema.TaggedError<TooMany>()("TooMany", body, { httpApiStatus: 429 }) {}

/** The source or the destination does not do what was asked of it. */
export class Unreachable extends Schema.TaggedError<Unreachable>()(
  "Unreachable",
  {
    ...body,
    side: Schema.Literals(["source", "destination"]),
    reason: Schema.String,
    code: Schema.NullOr(Schema.String),
  },
  { httpApiStatus: 502 },
) {}

/** The runner's own state does not answer. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", body, { httpApiStatus: 503 }) {}

/** A JSON pointer to a path. */
export const pointer = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")
