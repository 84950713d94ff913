/** PostHog's sessions: mutable, merged by the ingestion time of the newest event in them. */
import { FieldType, type Model } from "@batch-exports/core"
import { Duration } from "effect"
import type { Known } from "../columns/choose.ts"
import type { Sessions } from "../Selection.ts"
import { decoded, type Filterable, filtered, mentioned, withWhere } from "../filters/rowFilter.ts"
import { identifier, tableName } from "../sql/text.ts"
import { needs, value, withTexts } from "./sessionValues.ts"
import { schema } from "./sessionFields.ts"
import {
  eventColumns,
  sessionsSurvey,
  type Source,
  statesOfEvents,
  statesOfTable,
  tableColumns,
} from "./sessionsSql.ts"
import { within } from "../counting/arrivals.ts"
import * as Slices from "./slices.ts"
import type { SourceModel } from "./SourceModel.ts"
import { canonicalTeams, teamFilter } from "./team.ts"

const key = ["team_id", "session_id"] as const

const model: Model.Model = {
  name: "sessions",
  description: "Sessions, with what all of their events say together.",
  schema,
  identity: {
    _tag: "Upsert",
    key,
    versions: [
      {
        version: "inserted_at",
        // An event that becomes visible late may be older than the newest of its session, and leave the version as it was.
        ties: "take",
        fields: schema.fields
          .map(({ name }) => name)
          .filter((name) => name !== "inserted_at" && !key.some((own) => own === name)),
      },
    ],
  },
}

export const sessionsKnown: Known = { fields: schema.fields, identity: model.identity, documents: [] }

export const sessionsFilterable: Filterable = {
  known: sessionsKnown,
  subject: (name) => ({ ...value(name), columns: [name] }),
}

const fieldNames = schema.fields.map(({ name }) => name)

/** Fields under their own names, for conditions of the user's. */
const withFields = (from: string, names: ReadonlyArray<string>) => {
  const others = names.filter((name) => name !== "team_id")
  if (others.length === 0) return from
  return `(SELECT *, ${others.map((name) => `${value(name).sql} AS ${identifier(name)}`).join(", ")} FROM ${from})`
}

export const sessions = (selection: Sessions, hasVitals = true): SourceModel => {
  const team = teamFilter(selection.teamId)
  const ofEvents = selection.from === "events"
  const named = selection.table ?? (ofEvents ? "events" : "raw_sessions_v3")
  const source: Source = { table: tableName(named), team: team.condition }
  const arrived = ofEvents ? "COALESCE(inserted_at, _timestamp)" : "max_inserted_at"
  const { filters, where } = selection
  const filter = decoded(sessionsFilterable, filters)
  const spoken = mentioned(where, fieldNames)
  const params = { ...team.params, lookback: Math.ceil(Duration.toMillis(selection.lookback) * 1000).toString() }
  return {
    model,
    identity: {
      model: "sessions",
      from: selection.from,
      table: named,
      teams: canonicalTeams(selection.teamId),
      fields: schema.fields.map(({ name, type }) => [name, FieldType.format(type)]),
      filters: filters === undefined && where === undefined ? [] : { filters, where },
    },
    tables: [
      ofEvents
        ? { name: source.table, columns: eventColumns }
        : { name: source.table, columns: tableColumns, instead: "from: events, to make sessions out of the events" },
    ],
    adapted: (columns) => sessions(selection, ofEvents || columns.has("vitals_lcp")),
    sample: { query: `SELECT 1 FROM ${source.table} WHERE ${team.condition} LIMIT 1`, params: team.params },
    endless: true,
    arrivals: [
      {
        from: source.table,
        time: arrived,
        conditions: within(arrived),
        where: team.condition,
        params: team.params,
        additive: false,
      },
    ],
    survey: {
      query: sessionsSurvey(source, arrived),
      params,
      records: (row) => Number(row["changed"]),
      slices: (row) => {
        const found = Slices.slices(Number(row["all"]), Number(row["changed"]), selection.keysPerQuery)
        // The table is sorted by session, so a reading of all of it has one session at a time in memory.
        return found[0].everything && !ofEvents ? [{ index: 0, count: 1, everything: true }] : found
      },
    },
    documents: [],
    rows: (wanted, { slice = Slices.whole }) => {
      const fields = wanted.map(({ field }) => field)
      const read = [...new Set([...fields, ...filter.columns, ...spoken])]
      const names = needs(read)
      const states = ofEvents ? statesOfEvents(source, slice, names) : statesOfTable(source, slice, names, hasVitals)
      return {
        aliases: [],
        values: fields.map(value),
        from: filtered(withFields(withTexts(states, read), spoken), withWhere(filter.condition, where)),
        params: { ...params, ...filter.params },
        settings: Slices.settings,
      }
    },
  }
}
