/** PostHog's events: immutable records in the order of ingestion. */
import { FieldType, Model, RecordSchema } from "@batch-exports/core"
import type { Known } from "../columns/choose.ts"
import { eventNames } from "../filters/eventNames.ts"
import { decoded, type Filterable, filtered, join } from "../filters/rowFilter.ts"
import { withoutShortCircuits } from "../query/settings.ts"
import type { Events } from "../Selection.ts"
import { averageSize, within } from "../counting/arrivals.ts"
import { all, literal, tableName } from "../sql/text.ts"
import { quoted } from "../values/hygiene.ts"
import { memberValue, reads } from "../values/memberValue.ts"
import { type Storable, storable } from "../values/storable.ts"
import type { Value } from "../values/Value.ts"
import { collapsed } from "./collapse.ts"
import type { SourceModel, Wanted } from "./SourceModel.ts"
import { canonicalTeams, teamFilter } from "./team.ts"

const field = (name: string, type: FieldType.FieldType, nullable: boolean, description: string, created = true) => ({
  name,
  type,
  nullable,
  description,
  created,
})
const known = (name: string, type: FieldType.FieldType, nullable: boolean, description: string) =>
  field(name, type, nullable, description, false)

const { int32, json, text, timestamp } = FieldType

const schema = RecordSchema.make(
  field("uuid", text(200), false, "The event's id."),
  field("event", text(200), false, "The event's name."),
  field("properties", json, true, "All properties."),
  field("elements", json, true, "Deprecated: the elements chain as a JSON string."),
  field("set", json, true, "The person properties that the event sets: $set."),
  field("set_once", json, true, "The person properties that the event sets unless present: $set_once."),
  field("distinct_id", text(200), false, "Whose event it is."),
  field("team_id", int32, false, "The team (project) that the event belongs to."),
  field("ip", text(200), true, "The address that the event came from: $ip."),
  field("site_url", text(200), true, "Deprecated: always NULL."),
  field("timestamp", timestamp(6), false, "When it happened."),
  known("person_properties", json, true, "The person's properties when the event was ingested."),
  known("person_id", text(), false, "The person's id when the event was ingested."),
  known("created_at", timestamp(6), false, "When the event was received."),
  known("elements_chain", text(), false, "The clicked element and those around it."),
  known("inserted_at", timestamp(6), true, "When the event was written to ClickHouse."),
  known("session_id", text(), true, "The session that the event belongs to: $session_id."),
)

const dedupeKey = ["team_id", "event", "distinct_id", "uuid"]

const model: Model.Model = {
  name: "events",
  description: "Events, each once, by the time at which ClickHouse took them in.",
  schema,
  identity: { _tag: "Append", dedupeKey },
}

/** Fields that are top-level keys of `properties`. */
const jsonMembers = { set: "$set", set_once: "$set_once" } as const
const textMembers = { ip: "$ip", session_id: "$session_id" } as const
const isJsonMember = (name: string): name is keyof typeof jsonMembers => name in jsonMembers
const isTextMember = (name: string): name is keyof typeof textMembers => name in textMembers

/** What is a member of `properties` is read as such. */
const resolved = ({ field, member }: Wanted): Wanted => {
  if (isJsonMember(field)) {
    const key = jsonMembers[field]
    return { field: "properties", member: { type: { _tag: "Json" }, path: [key], ...prefixed(key, member) } }
  }
  return isTextMember(field)
    ? { field: "properties", member: { type: { _tag: "Text" }, path: [textMembers[field]] } }
    : { field, ...(member === undefined ? {} : { member }) }
}

const prefixed = (key: string, member: Wanted["member"]) =>
  member === undefined ? {} : { type: member.type, path: [key, ...member.path] as const }

const instant = (column: string, nullable = false): Value => ({ type: timestamp(6), sql: column, nullable })

const value = ({ field: name, member }: Wanted, made: Storable): Value => {
  if (member !== undefined) return memberValue(made, name, member)
  switch (name) {
    case "properties":
    case "person_properties":
      return made.document(name)
    case "event":
    case "distinct_id":
    case "elements_chain":
      return made.text(name)
    case "elements": {
      const chain = made.text("elements_chain")
      return {
        ...chain,
        type: json,
        sql: `if(${chain.sql} = '', '', ${quoted(chain.sql)})`,
        nullable: true,
        emptyIsNull: true,
      }
    }
    case "uuid":
    case "person_id":
      return { type: FieldType.uuid, sql: name, nullable: false }
    case "team_id":
      return { type: FieldType.int64, sql: "team_id", nullable: false }
    case "site_url":
      return { type: text(), sql: "CAST(NULL, 'Nullable(String)')", nullable: true }
    case "timestamp":
    case "created_at":
      return instant(name)
    case "inserted_at":
      return instant(name, true)
    default:
      throw new Error(`events have no field "${name}"`)
  }
}

const columnOf = (wanted: Wanted): string | undefined => {
  const { field } = resolved(wanted)
  return field === "elements" ? "elements_chain" : field === "site_url" ? undefined : field
}

const textColumns = ["event", "distinct_id", "elements_chain"]

/** String columns that hold JSON documents. */
const documentColumns = ["properties", "person_properties"]

/** Written exactly so: it is the expression of the table's minmax index. */
const ingested = "COALESCE(inserted_at, _timestamp)"

/**
 * Twice the same, for two kinds of indexes. Newer servers take COALESCE apart to use indexes of the two columns, and then do not
 * see one of the expression itself, which PostHog's table has; as the argument of a conversion they leave it whole. An index
 * leaves out only what cannot be in the window, so no row is lost by it, whatever its own clock says.
 */
const ingestion = [...within(ingested), ...within(`toDateTime64(${ingested}, 6)`)]

/** Fields that members can be read from. */
const documents = [...documentColumns, ...Object.keys(jsonMembers)]

export const eventsKnown: Known = { fields: schema.fields, identity: model.identity, documents }

const typeOf = (name: string) => schema.fields.find((known) => known.name === name)!.type

export const eventsFilterable: Filterable = {
  known: eventsKnown,
  properties: (of) => (of === "person" ? "person_properties" : "properties"),
  subject: (name) => {
    const { field, member } = resolved({ field: name })
    if (member !== undefined) {
      // None of these keys has to be quoted.
      const sql = `JSONExtract(properties, ${member.path.map(literal).join(", ")}, 'Nullable(String)')`
      return { sql, type: text(), columns: ["properties"] }
    }
    const column = columnOf({ field })
    const columns = column === undefined ? [] : [column]
    const sql = column ?? "CAST(NULL, 'Nullable(String)')"
    return { sql, type: field === "uuid" || field === "person_id" ? FieldType.uuid : typeOf(field), columns }
  },
}

export const events = (selection: Events): SourceModel => {
  const table = tableName(selection.table ?? "events")
  const team = teamFilter(selection.teamId)
  const { excludeEvents: exclude, filters, includeEvents: include, where } = selection
  // After copies have collapsed: the newest of them decides whether the event is wanted.
  const filter = join(eventNames(include, exclude), decoded(eventsFilterable, filters))
  const chosen = [team.condition, ...(where === undefined ? [] : [`(${where})`])].join(" AND ")
  const contents = ["event", "distinct_id", ...documentColumns]
  return {
    model,
    endless: false,
    arrivals: [
      { from: table, time: ingested, conditions: ingestion, where: chosen, params: team.params, additive: true },
    ],
    size: averageSize(table, contents, all(chosen, ...ingestion), team.params),
    // PostHog takes no event past the 1 MB of a message in Kafka.
    largest: 1_000_000,
    identity: {
      model: "events",
      table: selection.table ?? "events",
      teams: canonicalTeams(selection.teamId),
      fields: schema.fields.map(({ name, type }) => [name, FieldType.format(type)]),
      filters: [include, exclude, filters, where].some((given) => given !== undefined)
        ? { include, exclude, properties: filters, where }
        : [],
    },
    tables: [
      {
        name: table,
        columns: [
          ...new Set([
            ...schema.fields.flatMap(({ name }) => columnOf({ field: name }) ?? []),
            ...dedupeKey,
            "_timestamp",
            "inserted_at",
          ]),
        ],
      },
    ],
    sample: { query: `SELECT 1 FROM ${table} WHERE ${team.condition} LIMIT 1`, params: team.params },
    documents,
    rows: (asked, { defensive }) => {
      const wanted = asked.map(resolved)
      const columns = [...new Set(wanted.flatMap((one) => columnOf(one) ?? []))]
      const made = storable({
        defensive,
        texts: textColumns.filter((name) => columns.includes(name)),
        documents: documentColumns
          .filter((name) => columns.includes(name))
          .map((column) => ({
            column,
            members: wanted.flatMap(({ field, member }) =>
              field === column && member !== undefined ? [reads(member)] : [],
            ),
          })),
      })
      return {
        layers: made.layers,
        values: wanted.map((one) => value(one, made)),
        from: filtered(
          collapsed({
            table,
            where: [chosen, ...ingestion].join(" AND "),
            columns: [...new Set(["uuid", ...columns, ...filter.columns])],
            hint: "uuid",
            key: dedupeKey,
            order: "_timestamp DESC, inserted_at DESC NULLS LAST",
          }),
          filter.condition,
        ),
        params: { ...team.params, ...filter.params },
        ...(where === undefined ? { settings: withoutShortCircuits } : {}),
      }
    },
  }
}
