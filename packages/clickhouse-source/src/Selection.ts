/** What an export's `model:` block may say about PostHog-shaped tables in ClickHouse. */
import { Schema } from "effect"

const whichTeam = "one ClickHouse holds many teams: write teamId: 1, a list such as [1, 2], or all"

const Team = Schema.Int.check(Schema.isGreaterThan(0))

export const Selection = Schema.Struct({
  name: Schema.Literals(["events"]).annotate({ title: "Model", description: "What is exported." }),
  teamId: Schema.Union([Team, Schema.NonEmptyArray(Team), Schema.Literal("all")])
    .annotate({
      title: "Team",
      description: "The team, the teams, or all.",
      examples: [1, [1, 2], "all"],
      message: whichTeam,
    })
    .pipe(Schema.annotateKey({ message: whichTeam, messageMissingKey: whichTeam })),
  table: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      title: "Table",
      description: "The table to read, if it is not named after the model. Another database goes before a point.",
      default: "events",
    }),
  ),
})

export type Selection = typeof Selection.Type
