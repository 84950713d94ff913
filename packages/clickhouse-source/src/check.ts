/** Checks, step by step, that an export could read: each step needs the ones before it, so the first failure is the last step. */
import { type CheckStep, FieldType, SourceError } from "@batch-exports/core"
import { Clock, Effect, Result, Stream } from "effect"
import type { Config } from "./Config.ts"
import { connect, type Connection } from "./connect.ts"
import type { SourceModel } from "./models/SourceModel.ts"
import { orInstead, requireColumns } from "./open.ts"
import * as Settings from "./query/settings.ts"
import { select } from "./select.ts"
import type { Selection } from "./Selection.ts"

interface Step {
  readonly id: string
  readonly title: string
  /** What was found out. */
  readonly run: Effect.Effect<string, SourceError>
}

export const check = (config: Config, selection: Selection): Stream.Stream<CheckStep> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const connection = yield* connect(config)
      const model = yield* Effect.cached(select(connection, selection))
      return Stream.fromIterable(steps(connection, config, model), { chunkSize: 1 }).pipe(
        Stream.mapEffect(attempt),
        Stream.takeUntil((step) => step.status === "failed"),
      )
    }),
  )

const attempt = Effect.fnUntraced(function* ({ id, run, title }: Step): Effect.fn.Return<CheckStep> {
  const started = yield* Clock.currentTimeMillis
  const result = yield* Effect.result(run)
  const durationMillis = (yield* Clock.currentTimeMillis) - started
  return Result.isSuccess(result)
    ? { id, title, status: "passed", detail: result.success, durationMillis }
    : {
        id,
        title,
        status: "failed",
        detail: result.failure.message,
        remedy: result.failure.remedy,
        durationMillis,
      }
})

type Selected = Effect.Effect<SourceModel, SourceError>

const steps = (connection: Connection, config: Config, selected: Selected): ReadonlyArray<Step> => {
  const of = (run: (connection: Connection, model: SourceModel) => Step["run"]) =>
    Effect.flatMap(selected, (model) => run(connection, model))
  return [
    { id: "connect", title: "ClickHouse can be reached", run: reach(connection) },
    { id: "authenticate", title: "User and password are accepted", run: authenticate(connection, config) },
    { id: "table", title: "The tables exist and can be read", run: of(tables) },
    { id: "columns", title: "The tables have the model's columns", run: of(columns) },
    { id: "rows", title: "There is something to export", run: of(sample) },
    { id: "template", title: "The server can count what it sends", run: template(connection) },
  ]
}

const reach = (connection: Connection) =>
  Effect.tryPromise({
    try: async () => {
      const ping = await connection.client.ping()
      if (!ping.success) throw ping.error
      return connection.place.url
    },
    catch: connection.failed,
  })

const authenticate = (connection: Connection, config: Config) =>
  Effect.map(
    connection.rows<{ version: string }>("SELECT version() AS version"),
    ([row]) => `user ${config.user}, ClickHouse ${row?.version ?? "of an unknown version"}`,
  )

const tables = (connection: Connection, model: SourceModel) =>
  Effect.as(
    Effect.forEach(model.tables, (table) =>
      connection.rows(`SELECT 1 FROM ${table.name} LIMIT 0`).pipe(orInstead(table)),
    ),
    model.tables.length === 0 ? model.model.name : model.tables.map(({ name }) => name).join(", "),
  )

const columns = (connection: Connection, model: SourceModel) =>
  Effect.as(
    requireColumns(connection, model),
    model.tables.length === 0
      ? model.model.schema.fields.map(({ name, type }) => `${name} ${FieldType.format(type)}`).join(", ")
      : model.tables.map(({ columns }) => columns.join(", ")).join("; "),
  )

const sample = (connection: Connection, model: SourceModel) =>
  Effect.map(connection.rows(model.sample.query, { params: model.sample.params }), (rows) =>
    rows.length > 0 ? "there are rows" : "no rows yet: exports will be empty until there are some",
  )

/** The same way in which exports prove that they are whole, on three rows. */
const template = (connection: Connection) =>
  Effect.tryPromise({
    try: async (signal) => {
      const { stream } = await connection.client.exec({
        query: "SELECT number AS batch_c0 FROM numbers(3) FORMAT Template",
        clickhouse_settings: { ...Settings.always, ...Settings.template("${batch_c0:Escaped}\n", "end") },
        abort_signal: signal,
      })
      const chunks: Array<Uint8Array> = []
      for await (const chunk of stream) chunks.push(chunk)
      return Buffer.concat(chunks).toString()
    },
    catch: connection.failed,
  }).pipe(
    Effect.flatMap((text) =>
      text === "0\n1\n2\nend3"
        ? Effect.succeed("FORMAT Template with a trailer")
        : Effect.fail(
            new SourceError({
              reason: "Unsupported",
              message: `ClickHouse at ${connection.place.url} did not write FORMAT Template as asked`,
              remedy: "Use ClickHouse 24.8 or newer, without a proxy that changes answers.",
            }),
          ),
    ),
  )
