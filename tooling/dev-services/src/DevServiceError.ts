/** Why a temporary server cannot be had, and the one thing to do about it. */
import { Schema } from "effect"

export class DevServiceError extends Schema.TaggedError<DevServiceError>()("DevServiceError", {
  /** What went wrong, and where. */
  message: Schema.String,
  /** What to do about it, in one line. */
  remedy: Schema.String,
}) {}
