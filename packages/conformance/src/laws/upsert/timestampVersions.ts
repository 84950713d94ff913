import { FieldType, type Model, RecordSchema } from "@batch-exports/core"
import type { Row } from "../../encoders/index.ts"
import type { Law } from "../../Law.ts"
import { merging } from "./accounts.ts"
import { settles } from "./deliver.ts"

const field = (name: string, type: FieldType.FieldType): RecordSchema.Field => ({
  name,
  type,
  nullable: false,
  description: name,
  created: true,
})

const sessions: Model.Model = {
  name: "sessions",
  description: "Records whose version is an instant",
  schema: RecordSchema.make(
    field("id", FieldType.text()),
    field("inserted_at", FieldType.timestamp(6)),
    field("note", FieldType.text()),
  ),
  identity: { _tag: "Upsert", key: ["id"], versions: [{ version: "inserted_at", fields: ["note"] }] },
}

const at = (instant: string): Row => ({ id: "s", inserted_at: instant, note: `at ${instant}` })

const [before, first, second] = [
  at("1969-12-31T23:59:59.999999Z"),
  at("2026-01-01T00:00:00.000001Z"),
  at("2026-01-01T00:00:00.000002Z"),
]

export const timestampVersions: Law = {
  name: "upsert/timestamp-versions",
  says: "Versions that are instants are compared to the microsecond.",
  when: (capabilities) => (capabilities.types.includes("Timestamp") ? merging(capabilities) : undefined),
  run: (bench) =>
    settles(
      bench,
      [
        { after: "a microsecond later", runs: [[first], [second]], rows: [second] },
        { after: "a microsecond earlier, late", runs: [[second], [first]], rows: [second] },
        { after: "years earlier, late", runs: [[first], [before]], rows: [first] },
        { after: "all of them in one run", runs: [[first, second, before]], rows: [second] },
      ],
      {
        advice: "Keep microseconds in version columns, and compare them as instants rather than as text.",
        model: sessions,
      },
    ),
}
