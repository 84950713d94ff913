/** What `open` would do, for people and for a dry run. */
import type { Destination, DestinationError, Run } from "@batch-exports/core"
import { Effect } from "effect"
import { type Config, describeTarget } from "./config/Config.ts"
import { connect } from "./connection/Session.ts"
import { survey } from "./sink/survey.ts"

export const plan: (config: Config, run: Run.Run) => Effect.Effect<Destination.Plan, DestinationError> = Effect.fn(
  "plan",
)(function* (config: Config, run: Run.Run) {
  const session = yield* connect(config)
  const seen = yield* survey(session, config, run)
  return {
    projection: seen.projection,
    target: describeTarget(config),
    create: seen.preparations.map(({ statement }) => statement),
    missing: seen.missing,
    notices: [seen.format, ...seen.notices],
  }
}, Effect.scoped)
