/** The state cannot be used by this program as it is; `remedy` says what would have to happen. */
import { Schema } from "effect"

export class StateUnusable extends Schema.TaggedError<StateUnusable>()("StateUnusable", {
  message: Schema.String,
  remedy: Schema.String,
}) {}
