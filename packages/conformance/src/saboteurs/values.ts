/** Destinations that change values. */
import { FieldType, type Projection } from "@batch-exports/core"
import { Result } from "effect"
import type { Row } from "../encoders/index.ts"
import { honest } from "../memory/Parts.ts"
import { altering, insteadOf } from "./altering.ts"
import type { Saboteur } from "./Saboteur.ts"

const textOf = (value: unknown) => String(value)

const short = "character varying(3)"

const cut = (row: Row): Row => ({
  ...row,
  label: row["label"] === null ? null : Array.from(textOf(row["label"])).slice(0, 3).join(""),
})

export const values: ReadonlyArray<Saboteur> = [
  {
    name: "loses-the-precision-of-64-bit-integers",
    does: "loses the precision of 64-bit integers",
    breaks: ["values/every-type"],
    parts: altering("Int", (value) => BigInt(Number(value))),
  },
  {
    name: "rounds-microseconds",
    does: "rounds microseconds",
    breaks: ["values/every-type", "upsert/timestamp-versions"],
    parts: altering("Timestamp", (value) => textOf(value).replace(/(\.\d{3})\d+Z$/, "$1Z")),
  },
  {
    name: "rounds-decimals-to-doubles",
    does: "rounds decimals to doubles",
    breaks: ["values/every-type"],
    parts: altering("Decimal", (value) => (/^-?[\d.]+$/.test(String(Number(value))) ? String(Number(value)) : value)),
  },
  {
    name: "reads-json-numbers-as-doubles",
    does: "reads JSON numbers as doubles",
    breaks: ["values/every-type"],
    parts: altering("Json", (value) => JSON.stringify(JSON.parse(textOf(value)))),
  },
  {
    name: "forgets-the-sign-of-zero",
    does: "forgets the sign of zero",
    breaks: ["values/every-type", "schema/other-types"],
    parts: altering("Float", (value) => (value === 0 ? 0 : value)),
  },
  {
    name: "stores-nan-and-infinities-as-null",
    does: "stores NaN and infinities as NULL",
    breaks: ["values/every-type", "schema/other-types"],
    parts: altering("Float", (value) => (Number.isFinite(value) ? value : null)),
  },
  {
    name: "reads-bytes-as-text",
    does: "reads bytes as text",
    breaks: ["values/every-type"],
    parts: altering("Bytes", (value) => new TextEncoder().encode(new TextDecoder().decode(value as Uint8Array))),
  },
  {
    name: "reads-dates-in-a-time-zone-west-of-greenwich",
    does: "reads dates in a time zone west of Greenwich",
    breaks: ["values/every-type", "append/every-type"],
    parts: altering("Date", (value) => new Date(Date.parse(textOf(value)) - 1).toISOString().slice(0, 10)),
  },
  {
    name: "strips-backslashes",
    does: "strips backslashes",
    breaks: [
      "values/every-type",
      "values/null-is-not-empty",
      "values/large",
      "names/fields",
      "schema/other-types",
      "upsert/keys-are-exact",
    ],
    parts: altering("Text", (value) => textOf(value).replaceAll("\\", "")),
  },
  {
    name: "mangles-astral-characters",
    does: "mangles astral characters",
    breaks: ["values/every-type", "schema/other-types"],
    parts: altering("Text", (value) =>
      textOf(value).replaceAll(/[\u{1f300}-\u{1f5ff}\u{100000}-\u{10ffff}]/gu, "\ufffd"),
    ),
  },
  {
    name: "normalises-text",
    does: "normalises text",
    breaks: [
      "values/every-type",
      "names/fields",
      "names/tables",
      "schema/other-types",
      "upsert/keys-are-exact",
      "values/unfit-is-counted",
    ],
    parts: altering("Text", (value) => textOf(value).normalize("NFC")),
  },
  {
    name: "trims-text",
    does: "trims text",
    breaks: [
      "values/every-type",
      "values/null-is-not-empty",
      "names/fields",
      "names/tables",
      "schema/other-types",
      "upsert/keys-are-exact",
    ],
    parts: altering("Text", (value) => textOf(value).trim()),
  },
  {
    name: "cuts-long-text-in-silence",
    does: "cuts long text in silence",
    breaks: ["values/large"],
    parts: altering("Text", (value) => textOf(value).slice(0, 65_536)),
  },
  {
    name: "writes-null-as-the-empty-string",
    does: "writes NULL as the empty string, but at the end of a record",
    breaks: [
      "values/null-is-not-empty",
      "values/every-type",
      "values/large",
      "append/every-type",
      "upsert/null-overwrites",
      "upsert/random-histories",
      "replay/committed-window",
    ],
    parts: insteadOf(null, ""),
  },
  {
    name: "writes-the-empty-string-as-null",
    does: "writes the empty string as NULL, but at the end of a record",
    breaks: [
      "values/null-is-not-empty",
      "values/every-type",
      "append/every-type",
      "upsert/keys-are-exact",
      "replay/committed-window",
    ],
    parts: insteadOf("", null),
  },
  {
    name: "takes-the-word-null-for-null",
    does: "takes the word NULL for NULL",
    breaks: ["values/null-is-not-empty", "values/every-type", "schema/other-types", "upsert/keys-are-exact"],
    parts: altering("Text", (value) => (value === "NULL" ? null : value)),
  },
  {
    name: "writes-empty-lists-as-null",
    does: "writes empty lists as NULL",
    breaks: ["values/null-is-not-empty", "values/every-type", "append/every-type"],
    parts: altering("List", (value) => ((value as ReadonlyArray<unknown>).length === 0 ? null : value)),
  },
  {
    name: "declares-a-type-and-refuses-it",
    does: "declares a type and refuses it",
    breaks: ["values/every-type", "append/every-type"],
    parts: {
      project: (run, encodings, columns) =>
        run.model.schema.fields.some(({ type }) => FieldType.format(type).includes("inet"))
          ? honest.project(run, [], columns)
          : honest.project(run, encodings, columns),
    },
  },
  {
    name: "cuts-what-does-not-fit-uncounted",
    does: "cuts text to the length of its column itself, so that nobody counts it",
    breaks: ["values/unfit-is-counted"],
    parts: {
      project: (run, encodings, columns) =>
        honest.project(
          run,
          encodings,
          columns?.map((column) => (column.type === short ? { ...column, type: "text" } : column)),
        ),
      place: (table, incoming, attempt) =>
        honest.place(table, table.columns.some(({ type }) => type === short) ? incoming.map(cut) : incoming, attempt),
    },
  },
  {
    name: "lets-the-source-adjust-keys",
    does: "lets the source adjust keys",
    breaks: ["values/identity-is-never-adjusted"],
    parts: {
      project: (run, encodings, columns) =>
        Result.map(honest.project(run, encodings, columns), (projection) => ({
          ...projection,
          columns: projection.columns.map((column) => ({
            ...column,
            unfit: "nearest",
          })) as unknown as Projection.Projection["columns"],
        })),
    },
  },
]
