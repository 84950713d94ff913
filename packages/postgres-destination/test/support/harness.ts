/** What the conformance suite must know about Postgres: a schema for each target, read and prepared by the superuser. */
import { postgresCopyText, type Row, type Value } from "@batch-exports/conformance/encoders"
import { Harness } from "@batch-exports/conformance"
import type { FieldType, Projection, Reason, RecordSchema } from "@batch-exports/core"
import { Effect, Layer, type Scope } from "effect"
import { qualified, quote } from "../../src/identifier.ts"
import { classify } from "../../src/failure/classify.ts"
import { type Database, freshSchema, Postgres } from "./database.ts"
import { type Settings, settingsFor } from "./run.ts"
import { tabular } from "./tabular.ts"
import { variant } from "./variant.ts"

/** `changes` to the settings make a variant of the destination. */
export const layer = (changes: Settings = {}) =>
  Layer.effect(
    Harness.Harness,
    Effect.gen(function* () {
      const database = yield* Postgres
      return {
        module: new URL("../../src/index.ts", import.meta.url).href,
        fresh: Effect.provideService(fresh(changes), Postgres, database),
        failures: {
          classify: (error: unknown) => classify(error, circumstances),
          examples,
        },
      }
    }),
  ).pipe(Layer.provide(Postgres.layer))

const fresh = (changes: Settings): Effect.Effect<Harness.Target, never, Postgres | Scope.Scope> =>
  Effect.gen(function* () {
    const database = yield* Postgres
    const schema = yield* freshSchema
    return target(database, yield* settingsFor(schema, changes), { schema, table: "t" })
  })

const namedSchema = ({ sql }: Database, schema: string) =>
  Effect.acquireRelease(sql(`CREATE SCHEMA ${quote(schema)}`), () => sql(`DROP SCHEMA ${quote(schema)} CASCADE`))

export interface Names {
  readonly schema: string
  readonly table: string
}

export const target = (database: Database, settings: Settings, names: Names): Harness.Target => {
  const config: Settings = { ...settings, ...names }
  return {
    config,
    rows: (fields) => rowsOf(database, names, fields),
    writes: writes(database, names),
    leftovers: leftovers(database, names),
    network: {
      server: { host: String(config["host"]), port: Number(config["port"]) },
      through: (proxy) => ({ ...config, ...proxy }),
    },
    misconfigured: [
      wrong("the password is wrong", "authenticate", "AuthenticationFailed", { password: "another-password" }),
      wrong("the database does not exist", "database", "DatabaseMissing", { database: "no such database" }),
      wrong("the schema does not exist", "schema", "SchemaMissing", { schema: "no such schema" }),
    ],
    tabular: tabular(database, names, (others) =>
      Effect.as(
        others.schema === undefined ? Effect.void : namedSchema(database, others.schema),
        target(database, settings, { ...names, ...others }),
      ),
    ),
  }

  function wrong(when: string, step: string, reason: Reason.Reason, changes: Settings): Harness.Misconfigured {
    return { when, step, reason, config: { ...config, ...changes } }
  }
}

/** Read as COPY would write them, so that every type has its form. */
const rowsOf = Effect.fnUntraced(function* (
  { sql }: Database,
  { schema, table }: Names,
  fields: ReadonlyArray<RecordSchema.Field>,
) {
  const columns = yield* sql<{ name: string }>(
    `SELECT a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = to_regnamespace($1) AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped`,
    [quote(schema), table],
  )
  const [first, ...rest] = fields
    .filter(({ name }) => columns.some((column) => column.name === name))
    .map((field): Projection.Column => ({ field, as: field.type, targetType: "text", unfit: "nearest" }))
  if (first === undefined) return []
  const read = [first, ...rest].map(({ field }) => {
    const column = quote(field.name)
    return field.type._tag === "Bool" ? `CASE ${column} WHEN true THEN 't' WHEN false THEN 'f' END` : `${column}::text`
  })
  const found = yield* sql<{ cells: ReadonlyArray<string | null> }>(
    `SELECT ARRAY[${read.join(", ")}] AS cells FROM ${qualified(schema, table)}`,
  )
  const lines = found.map(({ cells }) => `${cells.map(escaped).join("\t")}\n`).join("")
  const rows = postgresCopyText.decode(
    { encoding: postgresCopyText.name, columns: [first, ...rest], leftOut: [] },
    Buffer.from(lines),
  )
  return rows.map((row): Row =>
    Object.fromEntries(fields.map(({ name, type }) => [name, instants(type, row[name] ?? null)])),
  )
})

/** Postgres writes `2026-01-31 13:00:00+00`. */
const instants = (type: FieldType.FieldType, value: Value): Value => {
  if (type._tag === "List" && Array.isArray(value)) {
    return (value as ReadonlyArray<Value>).map((item) => instants(type.of, item))
  }
  return type._tag === "Timestamp" && typeof value === "string" ? value.replace(" ", "T").replace(/\+00$/, "Z") : value
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" }

const escaped = (cell: string | null): string =>
  cell === null ? "\\N" : cell.replaceAll(/[\\\n\r\t]/g, (character) => escapes[character] ?? character)

/** A row that is written again moves, and has another transaction's mark. */
const writes = ({ sql }: Database, { schema, table }: Names) =>
  Effect.map(
    sql<{ at: string }>(`SELECT ctid::text || ' by ' || xmin::text AS at FROM ${qualified(schema, table)}`),
    (rows) => rows.map(({ at }) => at),
  )

/** Tables beside the target and the ledger, and connections of runs. */
const leftovers = Effect.fnUntraced(function* ({ sql }: Database, { schema, table }: Names) {
  const found = yield* sql<{ what: string }>(
    `SELECT format('relation %s', c.oid::regclass) AS what FROM pg_class c
     WHERE c.relkind IN ('r', 'p', 'S') AND c.relname NOT IN ($2, 'batch_exports_ledger', 'batch_exports_ledger_export_id_seq')
       AND c.relnamespace = to_regnamespace($1)
     UNION ALL
     SELECT format('connection %s: %s', application_name, state) FROM pg_stat_activity
     WHERE application_name LIKE 'batch-exports%' AND pid <> pg_backend_pid() AND NOT (state = 'idle' AND $3)`,
    // A pooler keeps connections for whoever comes next; what matters is that no transaction is open on them.
    [quote(schema), table, variant.pool === "pgbouncer"],
  )
  return found.map(({ what }) => what)
})

const circumstances = {
  action: "copying",
  phase: "transfer",
  names: { user: "u", host: "h", port: 1, database: "d", schema: "s", table: "t", ledgerTable: "l" },
} as const

const server = (code: string) =>
  Object.assign(new Error("what the server says"), { code, severity: "ERROR", name: "error" })

const network = (code: string) => Object.assign(new Error("what the network says"), { code })

/** The codes that a run meets most; test/classify.test.ts walks the whole table. */
const examples: Harness.Shape["failures"]["examples"] = [
  { error: server("28P01"), reason: "AuthenticationFailed" },
  { error: server("3D000"), reason: "DatabaseMissing" },
  { error: server("3F000"), reason: "SchemaMissing" },
  { error: server("42501"), reason: "PermissionDenied" },
  { error: server("25006"), reason: "ReadOnly" },
  { error: server("40P01"), reason: "Contention" },
  { error: server("40001"), reason: "Contention" },
  { error: server("53100"), reason: "DiskFull" },
  { error: server("53300"), reason: "TooBusy" },
  { error: server("55P03"), reason: "Busy" },
  { error: network("ECONNRESET"), reason: "ConnectionLost" },
]
