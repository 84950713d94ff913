/** What an export's `model:` block may say about PostHog-shaped tables in ClickHouse. */
import { Effect, Schema } from "effect"

const whichTeam = "one ClickHouse holds many teams: write teamId: 1, a list such as [1, 2], or all"

const Team = Schema.Int.check(Schema.isGreaterThan(0))

const teamId = Schema.Union([Team, Schema.NonEmptyArray(Team), Schema.Literal("all")])
  .annotate({
    title: "Team",
    description: "The team, the teams, or all.",
    examples: [1, [1, 2], "all"],
    message: whichTeam,
  })
  .pipe(Schema.annotateKey({ message: whichTeam, messageMissingKey: whichTeam }))

const name = <Name extends string>(value: Name) =>
  Schema.Literal(value).annotate({ title: "Model", description: "What is exported." })

const table = (title: string, of: string, value: string) =>
  Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      title,
      description: `The table of ${of}, if it has another name. Another database goes before a point.`,
      default: value,
    }),
  )

/** Rows may become visible long after the time that they carry. */
const lookback = Schema.String.annotate({
  title: "Lookback",
  description: "How far before a window's start changes are looked for, for rows that become visible late.",
  default: "1 hour",
}).pipe(Schema.decodeTo(Schema.DurationFromString), Schema.withDecodingDefaultKey(Effect.succeed("1 hour")))

const keysPerQuery = Schema.Int.check(Schema.isGreaterThan(0))
  .annotate({
    title: "Keys per query",
    description:
      "How many keys one query may hold in ClickHouse's memory. Where more have changed, several queries read them.",
    default: 1_000_000,
  })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1_000_000)))

export const Events = Schema.Struct({ name: name("events"), teamId, table: table("Table", "events", "events") })

export const Persons = Schema.Struct({
  name: name("persons"),
  teamId,
  table: table("Table", "persons", "person"),
  mappings: table("Mappings", "the person of each distinct_id", "person_distinct_id2"),
  lookback,
  keysPerQuery,
})

export const Sessions = Schema.Struct({
  name: name("sessions"),
  teamId,
  from: Schema.Literals(["sessions", "events"])
    .annotate({
      title: "From",
      description:
        "Where sessions come from: a table that a materialized view keeps, or the events themselves, all of which every run then reads.",
      default: "sessions",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("sessions" as const))),
  table: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      title: "Table",
      description:
        "The table, if it is not raw_sessions_v3, or events where sessions come from there. Another database goes before a point.",
    }),
  ),
  lookback,
  keysPerQuery,
})

export const Selection = Schema.Union([Events, Persons, Sessions])

export type Events = typeof Events.Type
export type Persons = typeof Persons.Type
export type Sessions = typeof Sessions.Type
export type Selection = typeof Selection.Type
