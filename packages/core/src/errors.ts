/** Failures of an export. Each carries its reason, says where it happened and what to do, and never holds a secret. */
import { Schema } from "effect"
import * as Reason from "./Reason.ts"

const fields = {
  reason: Schema.Literals(Reason.all),
  /** What went wrong, and where. */
  message: Schema.String,
  /** What to do about it. */
  remedy: Schema.String,
  /** The server's or the system's own code: an SQLSTATE, a ClickHouse code, an errno. */
  code: Schema.optionalKey(Schema.String),
}

export class SourceError extends Schema.TaggedError<SourceError>()("SourceError", fields) {
  get recovery(): Reason.Recovery {
    return Reason.recovery(this.reason)
  }
}

export class DestinationError extends Schema.TaggedError<DestinationError>()("DestinationError", fields) {
  get recovery(): Reason.Recovery {
    return Reason.recovery(this.reason)
  }
}

export type ExportError = SourceError | DestinationError

/** A configuration that cannot be used. Every problem is listed; nothing was contacted. */
export class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", {
  problems: Schema.Array(
    Schema.Struct({
      path: Schema.Array(Schema.Union([Schema.String, Schema.Int])),
      message: Schema.String,
    }),
  ),
}) {
  override get message(): string {
    return this.problems
      .map(({ message, path }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
      .join("\n")
  }
}
