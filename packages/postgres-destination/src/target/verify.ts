/** Whether the server, the schema and the table can be used at all: each a verdict on facts already read. Pure. */
import { DestinationError, type Model } from "@batch-exports/core"
import { Result } from "effect"
import type { Server } from "../connection/Session.ts"
import { grantSchema, grantTable, type Names } from "../failure/Circumstances.ts"
import * as identifier from "../identifier.ts"
import type { Relation, SchemaAccess } from "./Target.ts"

type Verdict<A = void> = Result.Result<A, DestinationError>

const refuse = (
  reason: DestinationError["reason"],
  message: string,
  remedy: string,
): Result.Result<never, DestinationError> => Result.fail(new DestinationError({ reason, message, remedy }))

const oldest = 120_000

export const version = (server: Server): Verdict =>
  server.version >= oldest
    ? Result.void
    : refuse(
        "Unsupported",
        `The server is Postgres ${Math.floor(server.version / 10_000)}; 12 is the oldest that is supported`,
        "Upgrade the server.",
      )

export const encoding = (server: Server, names: Names): Verdict =>
  server.encoding === "UTF8"
    ? Result.void
    : refuse(
        "TargetIncompatible",
        `The encoding of database "${names.database}" is ${server.encoding}; texts are UTF-8 and would not all fit`,
        "Export to a database that was created with ENCODING 'UTF8'.",
      )

export const writable = (server: Server): Verdict => {
  if (server.standby)
    return refuse("ReadOnly", "The server is a standby and accepts no writes", "Point host at the primary server.")
  return server.readOnly
    ? refuse(
        "ReadOnly",
        "The server, the database or the user is set to read-only (default_transaction_read_only)",
        `Some providers do so when the disk is nearly full. Where it is meant for others, run: ALTER ROLE ${identifier.quote(server.user)} SET default_transaction_read_only = off;`,
      )
    : Result.void
}

export const schema = (access: SchemaAccess | undefined, names: Names): Verdict<SchemaAccess> => {
  if (access === undefined) {
    return refuse(
      "SchemaMissing",
      `Schema "${names.schema}" does not exist in database "${names.database}"`,
      `Create it (CREATE SCHEMA ${identifier.quote(names.schema)};), or correct its name.`,
    )
  }
  return access.usage
    ? Result.succeed(access)
    : refuse(
        "PermissionDenied",
        `User "${names.user}" may not use schema "${names.schema}"`,
        `Run as its owner: ${grantSchema(names)}`,
      )
}

/** Creating what is missing needs CREATE on the schema; the exact statement is shown to whoever has it. */
export const creatable = (
  access: SchemaAccess,
  names: Names,
  missing: { readonly what: string; readonly statement: string; readonly grant: string },
): Verdict =>
  access.create
    ? Result.void
    : refuse(
        "PermissionDenied",
        `${missing.what} does not exist, and user "${names.user}" may not create it in schema "${names.schema}"`,
        `Run as the schema's owner: ${grantSchema(names)} Or create it there:\n${missing.statement};\n${missing.grant}`,
      )

/** Adding columns needs the table itself. */
export const alterable = (found: Relation, names: Names, columns: ReadonlyArray<string>, statement: string): Verdict =>
  columns.length === 0 || found.owned
    ? Result.void
    : refuse(
        "PermissionDenied",
        `${identifier.qualified(names.schema, names.table)} lacks ${columns.join(", ")}, and user "${names.user}", who does not own it, may not add columns`,
        `Run as its owner: ${statement}; or set schemaEvolution to "fixed".`,
      )

export const creatableSchema = (granted: boolean, names: Names): Verdict =>
  granted
    ? Result.void
    : refuse(
        "PermissionDenied",
        `Schema "${names.schema}" does not exist, and user "${names.user}" may not create schemas in database "${names.database}"`,
        `Run as the database's owner: CREATE SCHEMA ${identifier.quote(names.schema)}; ${grantSchema(names)}`,
      )

const kinds: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialized view",
  f: "a foreign table",
  S: "a sequence",
  i: "an index",
  I: "an index",
  c: "a composite type",
  t: "a TOAST table",
}

export const relation = (found: Relation, names: Names): Verdict => {
  const table = identifier.qualified(names.schema, names.table)
  if (found.kind !== "r" && found.kind !== "p") {
    return refuse(
      "TargetIncompatible",
      `${table} is ${kinds[found.kind] ?? "not a table"}`,
      "Export to an ordinary or partitioned table: only there do the records and the ledger commit together.",
    )
  }
  if (found.foreignParts) {
    return refuse(
      "TargetIncompatible",
      `${table} has a partition that is a foreign table`,
      "Detach that partition, or export to another table: records of a foreign table do not commit together with the ledger.",
    )
  }
  return Result.void
}

/** Appending takes INSERT alone, by way of staging SELECT too; merging also updates. */
export const privileges = (
  found: Relation,
  names: Names,
  identity: Model.Identity["_tag"],
  staged = identity === "Upsert",
): Verdict => {
  const needed = (
    identity === "Upsert" ? ["insert", "select", "update"] : staged ? ["insert", "select"] : ["insert"]
  ) as ReadonlyArray<"insert" | "select" | "update">
  const lacking = needed.filter((privilege) => !found[privilege])
  return lacking.length === 0
    ? Result.void
    : refuse(
        "PermissionDenied",
        `User "${names.user}" lacks ${lacking.map((privilege) => privilege.toUpperCase()).join(", ")} on ${identifier.qualified(names.schema, names.table)}`,
        `Run as the table's owner: ${grantTable(names)}`,
      )
}
