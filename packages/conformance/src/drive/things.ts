/** The records that most laws send: small, told apart by a number, and with a text that is hard to cut well. */
import { type Capabilities, FieldType, type Model, RecordSchema, Window } from "@batch-exports/core"
import { DateTime } from "effect"
import type { Row } from "../encoders/index.ts"

const field = (name: string, type: FieldType.FieldType, nullable: boolean): RecordSchema.Field => ({
  name,
  type,
  nullable,
  description: `${name} of a thing`,
  created: true,
})

/** Text alone if the destination has no numbers. */
export const things = (capabilities: Capabilities.Capabilities): Model.Model => ({
  name: "things",
  description: "Things",
  schema: RecordSchema.make(
    field("id", capabilities.types.includes("Int") ? FieldType.int64 : FieldType.text(), false),
    field("label", FieldType.text(), true),
  ),
  identity: capabilities.identities.includes("Append")
    ? { _tag: "Append", dedupeKey: ["id"] }
    : { _tag: "Upsert", key: ["id"], versions: [] },
})

/** Hours of one day: `hours(0, 2)` is midnight to two. */
export const hours = (from: number, to: number): Window.Window => {
  const day = DateTime.makeUnsafe("2026-01-01T00:00:00Z")
  return new Window.Window({ start: DateTime.add(day, { hours: from }), end: DateTime.add(day, { hours: to }) })
}

/** After every window of the laws. */
export const now = DateTime.makeUnsafe("2026-02-01T00:00:00Z")

/** Characters of one to four bytes, so that every cut falls into one of them somewhere. */
const labels = ["é", "漢字", "😀 and more", "plain", "", null] as const

export const rowsFrom = (model: Model.Model, first: number, count: number): ReadonlyArray<Row> => {
  const numeric = RecordSchema.find(model.schema, "id")?.type._tag === "Int"
  return Array.from({ length: count }, (_, index) => {
    const id = first + index
    const label = labels[index % labels.length] ?? null
    return { id: numeric ? BigInt(id) : String(id), label: label === null || label === "" ? label : `${label} ${id}` }
  })
}

/** What the source has for a window: the same for the same window, and disjoint for disjoint ones. */
export const rowsOf = (model: Model.Model, window: Window.Window, perHour = 10): ReadonlyArray<Row> => {
  const first = window.start.epochMilliseconds / 3_600_000
  const end = window.end.epochMilliseconds / 3_600_000
  return Array.from({ length: end - first }, (_, hour) => rowsFrom(model, (first + hour) * 10_000, perHour)).flat()
}
