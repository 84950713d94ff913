/** PostHog's persons, one record for each distinct_id: mutable, merged by the versions of the mapping and of the person. */
import { FieldType, type Model, RecordSchema } from "@batch-exports/core"
import { Duration } from "effect"
import type { Known } from "../columns/choose.ts"
import type { Persons } from "../Selection.ts"
import { decoded, type Filterable, filtered, mentioned, withWhere } from "../filters/rowFilter.ts"
import { averageSize, within } from "../counting/arrivals.ts"
import { tableName } from "../sql/text.ts"
import { withoutShortCircuits } from "../query/settings.ts"
import { memberValue, reads } from "../values/memberValue.ts"
import { type Storable, storable } from "../values/storable.ts"
import type { Value } from "../values/Value.ts"
import { type Output, outputNames, personsFrom, personsSurvey } from "./personsSql.ts"
import * as Slices from "./slices.ts"
import type { SourceModel, Wanted } from "./SourceModel.ts"
import { canonicalTeams, teamFilter } from "./team.ts"

const { bool, int32, int64, json, text, timestamp, uuid } = FieldType

const field = (name: Output, type: FieldType.FieldType, nullable: boolean, description: string, created = true) => ({
  name,
  type,
  nullable,
  description,
  created,
})

const schema = RecordSchema.make(
  field("team_id", int32, false, "The team (project) that the person belongs to."),
  field("distinct_id", text(), false, "An id that the person was seen under."),
  field("person_id", text(), false, "The person's id."),
  field("properties", json, true, "The person's newest properties."),
  field("person_distinct_id_version", int32, false, "Version of what the distinct_id points at."),
  field("person_version", int32, false, "Version of the person's properties."),
  field("created_at", timestamp(6), false, "When the person was created."),
  field("is_deleted", bool, false, "Whether the person has been deleted.", false),
)

const model: Model.Model = {
  name: "persons",
  description: "Persons, one record for each distinct_id, with the person that it belongs to now.",
  schema,
  identity: {
    _tag: "Upsert",
    key: ["team_id", "distinct_id"],
    versions: [
      { version: "person_distinct_id_version", fields: ["person_id"] },
      { version: "person_version", fields: ["properties", "created_at", "is_deleted"], within: ["person_id"] },
    ],
  },
}

/** Fields that members can be read from. */
const documents = ["properties"]

export const personsKnown: Known = { fields: schema.fields, identity: model.identity, documents }

export const personsFilterable: Filterable = {
  known: personsKnown,
  properties: () => "properties",
  subject: (name) => {
    const { type } = schema.fields.find((known) => known.name === name)!
    if (name === "person_id") return { sql: name, type: uuid, columns: [name] }
    return { sql: name === "is_deleted" ? "toBool(is_deleted)" : name, type, columns: [name] }
  },
}

const longest = "9223372036854775807"

const value = ({ field: name, member }: Wanted, made: Storable): Value => {
  if (member !== undefined) return memberValue(made, name, member)
  switch (name) {
    case "team_id":
    case "person_distinct_id_version":
      return { type: int64, sql: name, nullable: false }
    case "person_version":
      // Unsigned in ClickHouse. What no Int64 holds, no column of versions should pretend to.
      return {
        type: int64,
        sql: `toInt64(least(${name}, ${longest}))`,
        nullable: false,
        adjusted: `${name} > ${longest}`,
      }
    case "distinct_id":
      return made.text(name)
    case "person_id":
      return { type: uuid, sql: name, nullable: false }
    case "properties":
      return made.document(name)
    case "created_at":
      return { type: timestamp(6), sql: `toDateTime64(${name}, 6, 'UTC')`, nullable: false }
    case "is_deleted":
      return { type: bool, sql: `toBool(${name})`, nullable: false }
    default:
      throw new Error(`persons have no field "${name}"`)
  }
}

/** Of mappings and persons that changed, how many records they make: of each person as many as persons have on average. */
const changedMappings = (row: Readonly<Record<string, string>>): number => {
  const ofPersons = (Number(row["changed_persons"]) * Number(row["mappings"])) / Math.max(1, Number(row["persons"]))
  return Number(row["changed_mappings"]) + Math.ceil(ofPersons)
}

export const persons = (selection: Persons): SourceModel => {
  const team = teamFilter(selection.teamId)
  const [people, mapped] = [selection.table ?? "person", selection.mappings ?? "person_distinct_id2"]
  const tables = { persons: tableName(people), mappings: tableName(mapped), team: team.condition }
  const { filters, where } = selection
  const filter = decoded(personsFilterable, filters)
  const conditions = withWhere(filter.condition, where)
  const filterColumns = [...filter.columns, ...mentioned(where, outputNames)]
  const params = { ...team.params, lookback: Math.ceil(Duration.toMillis(selection.lookback) * 1000).toString() }
  return {
    model,
    identity: {
      model: "persons",
      tables: [people, mapped],
      teams: canonicalTeams(selection.teamId),
      fields: schema.fields.map(({ name, type }) => [name, FieldType.format(type)]),
      filters: filters === undefined && where === undefined ? [] : { filters, where },
    },
    tables: [
      {
        name: tables.persons,
        columns: ["team_id", "id", "properties", "created_at", "is_deleted", "version", "_timestamp"],
      },
      { name: tables.mappings, columns: ["team_id", "distinct_id", "person_id", "version", "_timestamp"] },
    ],
    sample: { query: `SELECT 1 FROM ${tables.mappings} WHERE ${team.condition} LIMIT 1`, params: team.params },
    endless: true,
    arrivals: [tables.persons, tables.mappings].map((from) => ({
      from,
      time: "_timestamp",
      conditions: within("_timestamp"),
      where: team.condition,
      params: team.params,
      additive: false,
    })),
    size: averageSize(tables.persons, ["properties"], team.condition, team.params),
    survey: {
      query: personsSurvey(tables),
      params,
      slices: (row) => Slices.slices(Number(row["mappings"]), changedMappings(row), selection.keysPerQuery),
      records: (row) => Math.min(Number(row["mappings"]), changedMappings(row)),
    },
    documents,
    rows: (wanted, { defensive, slice = Slices.whole }) => {
      // statement.ts lets only fields of the schema through.
      const columns = [...new Set(wanted.map(({ field }) => field))] as ReadonlyArray<Output>
      const made = storable({
        defensive,
        texts: columns.filter((name) => name === "distinct_id"),
        documents: columns
          .filter((name) => name === "properties")
          .map((column) => ({
            column,
            members: wanted.flatMap(({ member }) => (member === undefined ? [] : [reads(member)])),
          })),
      })
      return {
        layers: made.layers,
        values: wanted.map((one) => value(one, made)),
        from: filtered(
          personsFrom(tables, slice, [...new Set([...columns, ...(filterColumns as ReadonlyArray<Output>)])]),
          conditions,
        ),
        params: { ...params, ...filter.params },
        settings: { ...Slices.settings, ...(where === undefined ? withoutShortCircuits : {}) },
      }
    },
  }
}
