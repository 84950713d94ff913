/** The settings of where in the database records go and how they are stored there: none of them leads a secret elsewhere. */
import { Effect, Schema } from "effect"
import { copyFormats } from "../copyFormat.ts"
import { mergePolicies } from "../merge/Merge.ts"
import { jsonTypes } from "../target/columnTypes.ts"
import { duration, name, type Words } from "./fields.ts"

const choice = <const Value extends string>(values: ReadonlyArray<Value>, preset: NoInfer<Value>, words: Words) =>
  Schema.Literals(values)
    .annotate({ ...words, default: preset, aside: true })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(preset)))

const flag = (words: Words) =>
  Schema.Boolean.annotate({ ...words, default: false, aside: true }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(false)),
  )

export const dataFields = {
  schema: name({
    title: "Schema",
    description: "The schema in which the table is.",
    aside: true,
    default: "public",
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("public"))),
  table: name({
    title: "Table name",
    description: "The table to export to. It is created when it does not exist.",
    aside: true,
  }),
  ledgerTable: name({
    title: "Ledger table",
    description: "The table, in the same schema, that records which windows have been exported.",
    aside: true,
    default: "batch_exports_ledger",
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("batch_exports_ledger"))),
  copyFormat: choice(copyFormats, "auto", {
    title: "Copy format",
    description:
      "How rows travel to the server. auto: in binary, which costs the server less, where every column's type allows it, and otherwise as text. binary: in binary or not at all.",
  }),
  createSchema: flag({
    title: "Create the schema",
    description: "Create the schema when it does not exist. Needs the privilege to create schemas in the database.",
  }),
  schemaEvolution: choice(["fixed", "add-columns"], "fixed", {
    title: "Schema evolution",
    description:
      "fixed: fields without a column in the table are left out. add-columns: the table gets a column for each. The user must own it.",
  }),
  jsonType: choice(jsonTypes, "jsonb", {
    title: "JSON type",
    description:
      "The type of new columns for JSON. json stores documents as they are, at half the cost to the server; jsonb can be searched.",
  }),
  onOverflow: choice(["nearest", "fail"], "nearest", {
    title: "On overflow",
    description:
      "What happens to a value that its column has no room for. nearest: the nearest value is stored, and counted. fail: the run fails. Keys and versions always fail.",
  }),
  onInvalidText: choice(["nearest", "fail"], "nearest", {
    title: "On invalid text",
    description:
      "What happens to text or JSON that Postgres cannot store as it is. nearest: the nearest text is stored, and counted. fail: the run fails.",
  }),
  merge: choice(mergePolicies, "by-version", {
    title: "Merge",
    description:
      "For models whose records replace older ones. by-version: the table has the columns that tell older from newer. last-read: where it lacks one, what was read last wins.",
  }),
  uniqueEvents: flag({
    title: "Unique events",
    description:
      "Store a record once, even if the source has it in two windows. New tables get a unique key for that; an existing one must have it. Costs the server about 70 % more.",
  }),
  suppressedRows: choice(["fail", "count"], "fail", {
    title: "Suppressed rows",
    description:
      "What it means when a trigger on the table drops a record. fail: the run fails. count: the record counts as unchanged.",
  }),
  statementTimeout: duration(
    "1 hour",
    "Statement timeout",
    "How long one statement, such as a merge, may run. COPY runs as long as the source does.",
  ),
}
