/** The configuration of a Postgres destination, as the user writes it. Decoded without I/O; the titles are the labels of the form. */
import { Schema, SchemaTransformation } from "effect"
import * as identifier from "../identifier.ts"
import { address } from "./address.ts"
import { connectionFields, connectionProblems, resolve, resolvedFields } from "./connectionFields.ts"
import { dataFields } from "./dataFields.ts"

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
  `postgres://${config.host.startsWith("/") ? encodeURIComponent(config.host) : address(config)}/${config.database}, table ${identifier.qualified(config.schema, config.table)}`
