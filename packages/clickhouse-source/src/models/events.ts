/** PostHog's events: immutable records in the order of ingestion. */
import { FieldType, Model, RecordSchema } from "@batch-exports/core"
import type { Events } from "../Selection.ts"
import { tableName } from "../sql/text.ts"
import * as Document from "../values/document.ts"
import { cleaned, isClean, quoted } from "../values/hygiene.ts"
import * as Member from "../values/member.ts"
import type { Value } from "../values/Value.ts"
import { collapsed } from "./collapse.ts"
import type { SourceModel } from "./SourceModel.ts"
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

/** A String column that holds a JSON document: how its stored form is named, and what it needs of the table. */
const documents = { properties: "doc", person_properties: "person" } as const
type DocumentColumn = keyof typeof documents

const alias = (column: DocumentColumn, what: "vouched" | "stored" | "parsed") => `batch_${documents[column]}_${what}`

/** Fields that are top-level keys of `properties`. */
const members = { set: "$set", set_once: "$set_once", ip: "$ip", session_id: "$session_id" } as const

const memberOf = (name: string): string | undefined => (members as Readonly<Record<string, string>>)[name]

const isDocument = (name: string): name is DocumentColumn => name in documents

const aliases = (column: DocumentColumn, keys: ReadonlyArray<string>, defensive: boolean) => {
  const vouched = alias(column, "vouched")
  const stored = alias(column, "stored")
  const parsed = alias(column, "parsed")
  const isParsed = keys.length === 0 ? undefined : Member.isParsed(parsed, keys)
  return [
    ...(keys.length === 0 ? [] : [{ name: parsed, sql: Member.parsed(column, keys) }]),
    { name: vouched, sql: Document.isVouched(column, defensive, isParsed) },
    { name: stored, sql: Document.stored(column, vouched, defensive) },
  ]
}

const document = (column: DocumentColumn): Value => {
  const stored = alias(column, "stored")
  return {
    type: json,
    sql: stored,
    nullable: true,
    adjusted: Document.isAdjusted(column, alias(column, "vouched"), stored),
  }
}

const properties: Member.Readable = {
  document: "properties",
  stored: alias("properties", "stored"),
  vouched: alias("properties", "vouched"),
  parsed: alias("properties", "parsed"),
}

const plainText = (column: string): Value => ({
  type: text(),
  sql: cleaned(column),
  nullable: false,
  adjusted: `NOT ${isClean(column)}`,
})

const memberJson = (key: string): Value => ({
  type: json,
  sql: `nullIf(${Member.memberJson(properties, key)}, '')`,
  nullable: true,
})

// Nothing is left to clean in it: the document that it comes from is clean.
const memberText = (key: string): Value => ({ type: text(), sql: Member.memberText(properties, key), nullable: true })

const instant = (column: string, nullable = false): Value => ({ type: timestamp(6), sql: column, nullable })

const value = (name: string): Value => {
  switch (name) {
    case "properties":
    case "person_properties":
      return document(name)
    case "set":
    case "set_once":
      return memberJson(members[name])
    case "ip":
    case "session_id":
      return memberText(members[name])
    case "event":
    case "distinct_id":
    case "elements_chain":
      return plainText(name)
    case "elements":
      return {
        type: json,
        sql: `if(${cleaned("elements_chain")} = '', NULL, ${quoted(cleaned("elements_chain"))})`,
        nullable: true,
        adjusted: `NOT ${isClean("elements_chain")}`,
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

const columnOf = (name: string): string | undefined =>
  memberOf(name) !== undefined
    ? "properties"
    : name === "elements"
      ? "elements_chain"
      : name === "site_url"
        ? undefined
        : name

const ingestion = [
  // Written exactly so: it is the expression of the table's minmax index.
  "COALESCE(inserted_at, _timestamp) >= fromUnixTimestamp64Micro({start:Int64}, 'UTC')",
  "COALESCE(inserted_at, _timestamp) < fromUnixTimestamp64Micro({end:Int64}, 'UTC')",
]

export const events = (selection: Events): SourceModel => {
  const table = tableName(selection.table ?? "events")
  const team = teamFilter(selection.teamId)
  return {
    model,
    identity: {
      model: "events",
      table: selection.table ?? "events",
      teams: canonicalTeams(selection.teamId),
      fields: schema.fields.map(({ name, type }) => [name, FieldType.format(type)]),
      filters: [],
    },
    tables: [
      {
        name: table,
        columns: [
          ...new Set([
            ...schema.fields.flatMap(({ name }) => columnOf(name) ?? []),
            ...dedupeKey,
            "_timestamp",
            "inserted_at",
          ]),
        ],
      },
    ],
    sample: { query: `SELECT 1 FROM ${table} WHERE ${team.condition} LIMIT 1`, params: team.params },
    rows: (fields, { defensive }) => {
      const keys = fields.flatMap((name) => memberOf(name) ?? [])
      const columns = [...new Set(fields.flatMap((name) => columnOf(name) ?? []))]
      return {
        aliases: columns
          .filter(isDocument)
          .flatMap((column) => aliases(column, column === "properties" ? keys : [], defensive)),
        values: fields.map(value),
        from: collapsed({
          table,
          where: [team.condition, ...ingestion].join(" AND "),
          columns: columns.length === 0 ? ["uuid"] : columns,
          hint: "uuid",
          key: dedupeKey,
          order: "_timestamp DESC, inserted_at DESC NULLS LAST",
        }),
        params: team.params,
      }
    },
  }
}
