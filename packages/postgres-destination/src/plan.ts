/** What `open` would do, for people and for a dry run. */
import type { Destination, DestinationError, Run } from "@batch-exports/core"
import { Effect } from "effect"
import { type Config, describeTarget } from "./config/Config.ts"
import { connect } from "./connection/Session.ts"
import { type Survey, survey } from "./sink/survey.ts"
import { describeLoad, readLoad } from "./target/load.ts"

export const plan: (config: Config, run: Run.Run) => Effect.Effect<Destination.Plan, DestinationError> = Effect.fn(
  "plan",
)(function* (config: Config, run: Run.Run) {
  const session = yield* connect(config)
  const seen = yield* survey(session, config, run)
  const load = seen.target && (yield* readLoad(session, seen.target.oid))
  return {
    projection: seen.projection,
    target: describeTarget(config),
    create: seen.preparations.map(({ statement }) => statement),
    missing: seen.missing,
    notices: [
      seen.format,
      way(seen),
      ...(load === undefined ? [] : describeLoad(load, keyIndex(seen))),
      ...seen.notices,
    ],
  }
}, Effect.scoped)

/** How records get from COPY into the table, after the sentence that says in which format. */
const way = ({ intake, stagingKind }: Survey): string => {
  const staged = stagingKind === "temporary" ? "a temporary table" : "an unlogged table"
  switch (intake._tag) {
    case "Copy":
      return "They go straight into the table."
    case "Insert":
      return `They go by way of ${staged}.`
    case "InsertNew":
      return `They go by way of ${staged}, and those whose key (${intake.key.join(", ")}) is there already are left out.`
    case "InsertAbsent":
      return `They go by way of ${staged}, and those whose key (${intake.key.join(", ")}) is found in the table are left out.`
    case "Merge":
      return `They go by way of ${staged}, and are merged by key (${intake.merge.key.join(", ")}).`
    default:
      return intake satisfies never
  }
}

const keyIndex = ({ intake, target }: Survey): string | undefined => {
  const key = intake._tag === "Merge" ? intake.merge.key : intake._tag === "InsertNew" ? intake.key : undefined
  const index = target?.uniqueKeys.find(
    ({ columns, unusable }) =>
      unusable === null && columns.length === key?.length && columns.every((name) => key.includes(name)),
  )
  return index?.index
}
