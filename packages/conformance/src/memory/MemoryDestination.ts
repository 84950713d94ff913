/**
 * The reference destination: the smallest thing that keeps every law. Its store is a server of the loopback interface, so
 * that connections break and processes die for real.
 */
import { type Capabilities, Destination, FieldType, type Run } from "@batch-exports/core"
import { DateTime, Effect, Redacted, Schema, Stream } from "effect"
import { targetTypeOf } from "../encoders/targetType.ts"
import { check } from "./check.ts"
import { connect } from "./connect.ts"
import { honest, type Parts } from "./Parts.ts"
import { tableKey } from "./Store.ts"
import { open, survey } from "./sink.ts"
import { windowFromJson, type WindowJson } from "./windowJson.ts"

const Name = Schema.NonEmptyString.check(
  Schema.makeFilter((name: string) => Buffer.byteLength(name) <= 63, { description: "a name of at most 63 bytes" }),
)

const Config = Schema.Struct({
  host: Schema.NonEmptyString,
  port: Schema.Int,
  password: Schema.RedactedFromValue(Schema.String, { label: "password" }).annotate({ writeOnly: true }),
  schema: Name,
  table: Name,
})
type Config = typeof Config.Type

export const capabilities: Capabilities.Capabilities = {
  encodings: ["jsonl", "csv", "postgres-copy-text", "postgres-copy-binary"],
  types: FieldType.tags,
  identities: ["Append", "Upsert"],
  modes: ["once", "force", "fill"],
  visibility: "window",
  ledger: "transactional",
  target: "tabular",
}

export const make = (
  options: { readonly parts?: Parts; readonly capabilities?: Partial<Capabilities.Capabilities> } = {},
): Destination.Plugin => {
  const parts = options.parts ?? honest
  const able = { ...capabilities, ...options.capabilities }
  const dial = (config: Config) => connect(config, Redacted.value(config.password))
  const keyOf = (config: Config) => tableKey(config.schema, config.table)

  return Destination.define<Config>({
    name: "memory",
    title: "Memory",
    description: "Keeps records in memory. For tests.",
    Config,
    capabilities: able,
    form: ["host", "port", "password", "schema", "table"],
    newTarget: (model) =>
      model.schema.fields
        .filter(({ created }) => created)
        .map(({ name, type }) => ({ field: name, type: targetTypeOf(type) })),
    place: (config) => `memory at ${config.host}:${config.port}, table ${keyOf(config)}`,
    check: (config, model) =>
      check({
        address: config,
        password: Redacted.value(config.password),
        table: keyOf(config),
        encodings: able.encodings,
        parts,
        model,
      }),
    plan: Effect.fnUntraced(function* (config: Config, run: Run.Run) {
      const connection = yield* dial(config)
      const seen = yield* survey(connection, run, keyOf(config), able.encodings, parts)
      return {
        projection: seen.projection,
        target: `memory at ${config.host}:${config.port}, table ${keyOf(config)}`,
        create: seen.exists ? [] : [`create ${keyOf(config)}`],
        missing: seen.missing,
        notices: [],
      }
    }, Effect.scoped),
    ledger: (config, exportName) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const connection = yield* dial(config)
          const { entries } = yield* connection.ask<{ readonly entries: ReadonlyArray<EntryJson> }>({
            ask: "ledger",
            table: keyOf(config),
            export: exportName,
          })
          return Stream.fromIterable(entries.map(entryFromJson))
        }).pipe(Effect.scoped),
      ),
    open: Effect.fnUntraced(function* (config: Config, run: Run.Run) {
      const connection = yield* dial(config)
      const table = keyOf(config)
      const seen = yield* survey(connection, run, table, able.encodings, parts)
      return yield* open({ connection, reconnect: dial(config), run, table, seen })
    }),
  })
}

interface EntryJson extends Omit<Destination.LedgerRow, "window" | "committedAt"> {
  readonly window: WindowJson
  readonly committedAt: number
}

const entryFromJson = ({ bytes, committedAt, definition, export: name, rows, run, window }: EntryJson) => ({
  export: name,
  window: windowFromJson(window),
  run,
  definition,
  rows,
  bytes,
  committedAt: DateTime.makeUnsafe(committedAt),
})
