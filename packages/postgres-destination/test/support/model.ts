/** The events model as the user's page has it, with one field that only an existing table gets, and its rows as bytes. */
import { FieldType, type Model, RecordSchema } from "@batch-exports/core"

export const field = (
  name: string,
  type: FieldType.FieldType,
  options: { readonly created?: boolean; readonly nullable?: boolean } = {},
): RecordSchema.Field => ({
  name,
  type,
  nullable: options.nullable ?? true,
  description: `${name} of a record`,
  created: options.created ?? true,
})

export const events: Model.Model = {
  name: "events",
  description: "Events",
  schema: RecordSchema.make(
    field("uuid", FieldType.text(200)),
    field("event", FieldType.text(200)),
    field("properties", FieldType.json),
    field("elements", FieldType.json),
    field("set", FieldType.json),
    field("set_once", FieldType.json),
    field("distinct_id", FieldType.text(200)),
    field("team_id", FieldType.int32),
    field("ip", FieldType.text(200)),
    field("site_url", FieldType.text(200)),
    field("timestamp", FieldType.timestamp(6)),
    field("person_properties", FieldType.json, { created: false }),
  ),
  identity: { _tag: "Append", dedupeKey: ["team_id", "event", "distinct_id", "uuid"] },
}

/** Two columns: enough for tests that are not about columns. */
export const pairs: Model.Model = {
  name: "pairs",
  description: "Pairs",
  schema: RecordSchema.make(field("id", FieldType.int32), field("note", FieldType.text(200))),
  identity: { _tag: "Append" },
}

/** The same, of which the last read wins. */
export const mergedPairs: Model.Model = { ...pairs, identity: { _tag: "Upsert", key: ["id"], versions: [] } }

/** A number, and a value of the type that a test is about. */
export const modelOf = (type: FieldType.FieldType): Model.Model => ({
  ...pairs,
  schema: RecordSchema.make(field("n", FieldType.int32), field("v", type)),
})

export const pairRows = (count: number, from = 0, note = "a"): string => {
  let text = ""
  for (let id = from; id < from + count; id++) text += `${id}\t${note}\n`
  return text
}

export const eventRows = (count: number): string => {
  let text = ""
  for (let id = 0; id < count; id++) {
    text += `${[
      `0190${id.toString(16).padStart(4, "0")}-0000-7000-8000-000000000000`,
      "$pageview",
      `{"$ip": "127.0.0.1", "n": ${id}, "text": "tab \\\\t, \\\\u00e9, \u{1f600}"}`,
      "\\N",
      "\\N",
      "\\N",
      `user ${id % 7}`,
      "1",
      "127.0.0.1",
      "\\N",
      "2026-01-01 00:00:00.123456",
    ].join("\t")}\n`
  }
  return text
}

/** The persons model as the user's page has it: two versions, one of which is only comparable within one person. */
export const persons: Model.Model = {
  name: "persons",
  description: "Persons",
  schema: RecordSchema.make(
    field("team_id", FieldType.int32, { nullable: false }),
    field("distinct_id", FieldType.text(), { nullable: false }),
    field("person_id", FieldType.text()),
    field("properties", FieldType.json),
    field("person_distinct_id_version", FieldType.int32),
    field("person_version", FieldType.int32),
    field("created_at", FieldType.timestamp(6)),
    field("is_deleted", FieldType.bool, { created: false }),
  ),
  identity: {
    _tag: "Upsert",
    key: ["team_id", "distinct_id"],
    versions: [
      { version: "person_distinct_id_version", fields: ["person_id"] },
      {
        version: "person_version",
        fields: ["properties", "created_at", "is_deleted"],
        within: ["person_id"],
      },
    ],
  },
}

/** `who mapping person version payload`: one line of COPY text of the persons model, for team 1. */
export const personRow = (
  who: string,
  person: string,
  mapping: number | null,
  version: number | null,
  note: string | null = `${person}${version}`,
): string =>
  `1\t${who}\t${person}\t${note === null ? "\\N" : `{"note":"${note}"}`}\t${mapping ?? "\\N"}\t${version ?? "\\N"}\t2026-01-01 00:00:00+00\n`
