/** The configuration of a Postgres destination, as the user writes it. Decoded without I/O; the titles are the labels of the form. */
import { Effect, Schema, SchemaTransformation } from "effect"
import { copyFormats } from "../copyFormat.ts"
import * as identifier from "../identifier.ts"
import { connectionFields, connectionProblems, resolve, resolvedFields } from "./connectionFields.ts"
import { name } from "./fields.ts"

const dataFields = {
  schema: name({
    title: "Schema",
    description: "The schema in which the table is. It must exist.",
    default: "public",
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("public"))),
  table: name({
    title: "Table name",
    description: "The table to export to. It is created when it does not exist.",
  }),
  ledgerTable: name({
    title: "Ledger table",
    description: "The table, in the same schema, that records which windows have been exported.",
    default: "batch_exports_ledger",
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("batch_exports_ledger"))),
  copyFormat: Schema.Literals(copyFormats)
    .annotate({
      title: "Copy format",
      description:
        "How rows travel to the server. auto: in binary, which costs the server less, where every column's type allows it, and otherwise as text. binary: in binary or not at all.",
      default: "auto",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("auto" as const))),
}

const Written = Schema.Struct({ ...connectionFields, ...dataFields })
const Resolved = Schema.toType(Schema.Struct({ ...resolvedFields, ...dataFields }))

export const Config = Written.check(
  Schema.makeFilter((config: typeof Written.Type) => [
    ...connectionProblems(config),
    ...(config.table === config.ledgerTable
      ? [{ path: ["ledgerTable"], issue: "must not be the table that records are exported to" }]
      : []),
  ]),
).pipe(
  Schema.decodeTo(
    Resolved,
    SchemaTransformation.transform({
      decode: (written: typeof Written.Type): typeof Resolved.Type => resolve(written),
      encode: (resolved: typeof Resolved.Type): typeof Written.Type => resolved,
    }),
  ),
)

export interface Config extends Schema.Schema.Type<typeof Config> {}

/** `postgres://host:5432/db, table "public"."events"`: for people, without the user and the password. */
export const describeTarget = (config: Config): string =>
  `postgres://${config.host}:${config.port}/${config.database}, table ${identifier.qualified(config.schema, config.table)}`
