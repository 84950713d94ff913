/** Where an error arose: what was being done, and the names that a remedy needs. Holds no secret. */
import * as identifier from "../identifier.ts"

export interface Names {
  readonly user: string
  readonly host: string
  readonly port: number
  readonly database: string
  readonly schema: string
  readonly table: string
  readonly ledgerTable: string
}

export interface Circumstances {
  /** Continues the sentence "While …": `copying into "public"."events"`. */
  readonly action: string
  /** An error of the same code means another thing before there is a connection, and while a table is being created. */
  readonly phase: "connect" | "create" | "transfer"
  readonly names: Names
}

export const grantSchema = ({ schema, user }: Names): string =>
  `GRANT USAGE, CREATE ON SCHEMA ${identifier.quote(schema)} TO ${identifier.quote(user)};`

export const grantTable = ({ schema, table, user }: Names): string =>
  `GRANT INSERT, SELECT, UPDATE ON ${identifier.qualified(schema, table)} TO ${identifier.quote(user)};`

export const grantLedger = ({ ledgerTable, schema, user }: Names): string =>
  `GRANT INSERT, SELECT, UPDATE ON ${identifier.qualified(schema, ledgerTable)} TO ${identifier.quote(user)};`
