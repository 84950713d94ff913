/** What an export's `model:` block may say: a model of PostHog-shaped tables, or any table or query. */
import { Effect, Option, Result, Schema } from "effect"
import { choose } from "./columns/choose.ts"
import { columnName, type ColumnSettings, columnSettings } from "./columns/columnSettings.ts"
import { columnFilters, eventFilters, type Filter, personFilters, sessionFilters } from "./filters/filterSettings.ts"
import { type Filterable, rowFilter } from "./filters/rowFilter.ts"
import { eventsFilterable } from "./models/events.ts"
import { personsFilterable } from "./models/persons.ts"
import { sessionsFilterable } from "./models/sessions.ts"

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

/** The fields of these models are known before anything is asked. */
const among = (filterable: Filterable) =>
  Schema.makeFilter((settings: ColumnSettings & { readonly filters?: ReadonlyArray<Filter> }) => {
    const problem = Result.getFailure(choose(filterable.known, settings)).pipe(
      Option.orElse(() => Result.getFailure(rowFilter(filterable, settings.filters ?? []))),
    )
    if (Option.isNone(problem)) return undefined
    const { message, path, remedy } = problem.value
    return { path: path.length === 0 ? ["columns"] : path, issue: `${message}. ${remedy}` }
  })

export const Events = Schema.Struct({
  name: name("events"),
  teamId,
  table: table("Table", "events", "events"),
  ...eventFilters,
  ...columnSettings,
}).check(among(eventsFilterable))

export const Persons = Schema.Struct({
  name: name("persons"),
  teamId,
  table: table("Table", "persons", "person"),
  mappings: table("Mappings", "the person of each distinct_id", "person_distinct_id2"),
  lookback,
  keysPerQuery,
  ...personFilters,
  ...columnSettings,
}).check(among(personsFilterable))

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
  ...sessionFilters,
  ...columnSettings,
}).check(among(sessionsFilterable))

/** What both a table and a query can say about their columns. */
const columns = {
  ...columnSettings,
  ...columnFilters,
  json: Schema.optionalKey(
    Schema.Array(columnName).annotate({
      title: "JSON",
      description: "Columns of type String that hold JSON documents.",
    }),
  ),
  key: Schema.optionalKey(
    Schema.NonEmptyArray(columnName).annotate({
      title: "Key",
      description:
        "The columns that tell one record from another. With a key, records replace older ones; without, they are appended.",
    }),
  ),
  version: Schema.optionalKey(
    columnName.annotate({
      title: "Version",
      description: "The column that grows with each change of a record. Without it, the time column is used.",
    }),
  ),
}

export const Table = Schema.Struct({
  name: name("table"),
  table: Schema.NonEmptyString.annotate({
    title: "Table",
    description: "The table or view to read. Another database goes before a point.",
    examples: ["app.orders"],
  }),
  time: Schema.optionalKey(
    columnName.annotate({
      title: "Time",
      description:
        "The column that says when a row arrived. A window's rows are those whose time is in it. Without it, each run sends the whole table, which then needs a key.",
    }),
  ),
  lookback: Schema.String.annotate({
    title: "Lookback",
    description:
      "How far before a window's start rows are read again, for rows that become visible late. Only with a key, which makes that harmless.",
    default: "0 seconds",
  }).pipe(Schema.decodeTo(Schema.DurationFromString), Schema.withDecodingDefaultKey(Effect.succeed("0 seconds"))),
  ...columns,
}).check(
  Schema.makeFilter(({ key, time }) =>
    key === undefined && time === undefined
      ? {
          path: ["time"],
          issue:
            "name the column that says when a row arrived, or a key: without either, every run would add the whole table again",
        }
      : undefined,
  ),
)

export const Query = Schema.Struct({
  name: name("query"),
  query: Schema.NonEmptyString.annotate({
    title: "Query",
    description:
      "A SELECT. {window_start} and {window_end} stand for the window, as DateTime64(6, 'UTC'); its start belongs to it, its end does not. Without them, each run sends everything, which then needs a key.",
    examples: ["SELECT * FROM app.orders WHERE updated_at >= {window_start} AND updated_at < {window_end}"],
  }),
  ...columns,
}).check(
  Schema.makeFilter(({ key, query }) => {
    const found = ["{window_start}", "{window_end}"].filter((mark) => query.includes(mark))
    if (found.length === 1)
      return { path: ["query"], issue: "must hold both {window_start} and {window_end}, or neither" }
    return found.length === 0 && key === undefined
      ? {
          path: ["query"],
          issue:
            "must hold {window_start} and {window_end}, or have a key: without either, every run would add everything again",
        }
      : undefined
  }),
)

export const Selection = Schema.Union([Events, Persons, Sessions, Table, Query])

export type Events = typeof Events.Type
export type Persons = typeof Persons.Type
export type Sessions = typeof Sessions.Type
export type Table = typeof Table.Type
export type Query = typeof Query.Type
export type Selection = typeof Selection.Type
