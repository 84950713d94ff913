/** The steps that ask ClickHouse itself. */
import { FieldType, SourceError } from "@batch-exports/core"
import type { ClickHouseSettings } from "@clickhouse/client"
import { Effect, Scope } from "effect"
import type { Config } from "../Config.ts"
import { connect, type Connection } from "../connect.ts"
import type { SourceModel } from "../models/SourceModel.ts"
import { orInstead, requireColumns } from "../open.ts"
import * as Settings from "../query/settings.ts"
import { select } from "../select.ts"
import type { Selection } from "../Selection.ts"
import { seesRunning } from "../watermark.ts"
import type { Found, Step } from "./check.ts"

/** The connection is made by the first step, and kept for the others. */
export const querySteps = Effect.fnUntraced(function* (
  config: Config,
  selection: Selection,
): Effect.fn.Return<ReadonlyArray<Step>, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const connection = yield* Effect.cached(Scope.provide(connect(config), scope))
  const version = yield* Effect.cached(Effect.flatMap(connection, versionOf))
  const model = yield* Effect.cached(Effect.flatMap(connection, (found) => select(found, selection)))
  const asking = (ask: (connection: Connection) => Effect.Effect<Found, SourceError>) => Effect.flatMap(connection, ask)
  const about = (ask: (connection: Connection, model: SourceModel) => Effect.Effect<Found, SourceError>) =>
    Effect.flatMap(Effect.all([connection, model]), ([to, of]) => ask(to, of))
  return [
    { id: "authenticate", title: "User and password are accepted", run: authenticated(config, version) },
    { id: "database", title: "The database exists", run: Effect.as(version, config.database) },
    { id: "settings", title: "The user may set what exports need", run: asking(settings) },
    { id: "table", title: "The tables exist", run: about(tables) },
    { id: "columns", title: "The tables have the model's columns", run: about(columns) },
    { id: "privileges", title: "The user may read them", run: about(privileges) },
    { id: "rows", title: "There is something to export", run: about(sample) },
    { id: "watermark", title: "Running INSERTs can be seen", run: asking(watermark) },
    { id: "template", title: "The server can count what it sends", run: asking(template) },
  ]
})

const versionOf = (connection: Connection) =>
  Effect.map(connection.rows<{ version: string }>("SELECT version() AS version"), ([row]) => ({
    url: connection.place.url,
    version: row?.version ?? "of an unknown version",
  }))

/** The server looks for the database only once it knows the user. */
const authenticated = (
  { user }: Config,
  version: Effect.Effect<{ readonly url: string; readonly version: string }, SourceError>,
) =>
  Effect.map(version, (found) => `user ${user} at ${found.url}, ClickHouse ${found.version}`).pipe(
    Effect.catchIf(
      ({ code }) => code === databaseMissing,
      () => Effect.succeed(`user ${user}`),
    ),
  )

const databaseMissing = "81"

/** Those of the user's configuration, too. */
const settings = (connection: Connection) =>
  Effect.as(
    connection.rows("SELECT 1", { settings: { ...Settings.always, ...connection.limits } }),
    Object.keys(connection.limits).length === 0 ? "yes" : `yes, and ${Object.keys(connection.limits).join(", ")}`,
  )

/** Answers without looking at columns, so that what follows can tell a missing table from a missing privilege. */
const tables = (connection: Connection, { model, tables: wanted }: SourceModel) =>
  Effect.as(
    Effect.forEach(wanted, (table) => connection.rows(`DESCRIBE TABLE ${table.name}`).pipe(orInstead(table))),
    wanted.length === 0 ? model.name : wanted.map(({ name }) => name).join(", "),
  )

const columns = (connection: Connection, model: SourceModel) =>
  Effect.as(
    requireColumns(connection, model),
    model.tables.length === 0
      ? model.model.schema.fields.map(({ name, type }) => `${name} ${FieldType.format(type)}`).join(", ")
      : model.tables.map((table) => table.columns.join(", ")).join("; "),
  )

/** The server looks at the privileges for every column that a query mentions, even if it reads no row. */
const privileges = (connection: Connection, model: SourceModel) => {
  const nothing = (from: string, what: string) => connection.rows(`SELECT ${what} FROM ${from} LIMIT 0`)
  const asked =
    model.size === undefined || model.tables.length > 0
      ? Effect.forEach(model.tables, ({ columns: wanted, name }) => nothing(name, wanted.join(", ")))
      : connection.rows(model.size.query, { params: { ...model.size.params, start: "0", end: "0" } })
  return Effect.as(asked, "SELECT")
}

const sample = (connection: Connection, model: SourceModel) =>
  Effect.map(connection.rows(model.sample.query, { params: model.sample.params }), (rows) =>
    rows.length > 0 ? "there are rows" : "no rows yet: exports will be empty until there are some",
  )

const watermark = (connection: Connection): Effect.Effect<Found, SourceError> =>
  Effect.map(seesRunning(connection), (sees) =>
    sees
      ? "a window waits for INSERTs that began before its end"
      : {
          skipped: "system.processes may not be read: a window is taken to be complete by the clock and settle alone",
          remedy: "GRANT SELECT ON system.processes TO the user, or set settle to more than the longest INSERT takes.",
        },
  )

/** The same ways in which exports prove that they are whole, on three rows. */
const template = (connection: Connection): Effect.Effect<Found, SourceError> =>
  tried(connection, "Template", Settings.template("${batch_c0:Escaped}\n", "end"), "0\n1\n2\nend3").pipe(
    Effect.as("FORMAT Template with a trailer"),
    Effect.catchIf(
      ({ code, reason }) => code !== undefined && reason === "Unsupported",
      (error) =>
        tried(connection, "CustomSeparated", Settings.separated(separatedForm, "end"), "0\n1\n2\nend").pipe(
          Effect.as({
            skipped:
              "no inline templates: rows are counted by marks instead, and only encodings of Postgres can be written",
            remedy: "Use ClickHouse 24.8 or newer.",
          }),
          Effect.mapError(() => error),
        ),
    ),
  )

const separatedForm = { escaping: "Escaped", between: "\t", after: "\n" } as const

const tried = (connection: Connection, format: string, settings: ClickHouseSettings, wanted: string) =>
  Effect.tryPromise({
    try: async (signal) => {
      const { stream } = await connection.client.exec({
        query: `SELECT number AS batch_c0 FROM numbers(3) FORMAT ${format}`,
        clickhouse_settings: { ...Settings.always, ...settings },
        abort_signal: signal,
      })
      const chunks: Array<Uint8Array> = []
      for await (const chunk of stream) chunks.push(chunk)
      return Buffer.concat(chunks).toString()
    },
    catch: connection.failed,
  }).pipe(
    Effect.flatMap((text) =>
      text === wanted
        ? Effect.void
        : Effect.fail(
            new SourceError({
              reason: "Unsupported",
              message: `ClickHouse at ${connection.place.url} did not write FORMAT ${format} as asked`,
              remedy: "Use ClickHouse 24.8 or newer, without a proxy that changes answers.",
            }),
          ),
    ),
  )
