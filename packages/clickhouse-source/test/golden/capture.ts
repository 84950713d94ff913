/** Has ClickHouse write the golden vectors of the conformance suite, through this source as an export goes through it. */
import { randomUUID } from "node:crypto"
import { type Codec, encoders } from "@batch-exports/conformance/encoders"
import { type Column, columns, projectionOf, Vectors } from "@batch-exports/conformance/golden"
import type { FieldType, Projection, SourceError } from "@batch-exports/core"
import type { DevClickHouse } from "@batch-exports/dev-services"
import type { ClickHouseClient } from "@clickhouse/client"
import { Effect, Schema } from "effect"
import { Config } from "../../src/Config.ts"
import { type Connection, connect } from "../../src/connect.ts"
import { find } from "../../src/encodings/index.ts"
import type { SourceModel } from "../../src/models/SourceModel.ts"
import { read } from "../../src/read/read.ts"
import { client, collect, day } from "../support/reading.ts"
import { literal, typeName } from "./literals.ts"

/** The encodings that this source writes and the suite reads. */
export const codecs: ReadonlyArray<Codec> = Object.values(encoders).filter(({ name }) => find(name) !== undefined)

export const capture = Effect.fnUntraced(function* (server: DevClickHouse) {
  const admin = yield* client(server)
  const { password, url, user } = server
  const connection = yield* connect(yield* Effect.orDie(Schema.decodeEffect(Config)({ url, user, password })))
  const captured = new Map<Codec, Record<string, ReadonlyArray<string>>>(codecs.map((codec) => [codec, {}]))
  for (const column of columns) {
    const model = yield* tableOf(admin, column)
    for (const [codec, vectors] of captured) {
      const projection = projectionOf(codec, column)
      if (!codec.takes(projection.columns[0])) continue
      vectors[column.name] = Vectors.fromBytes(codec, yield* written(connection, model, projection))
    }
  }
  return captured
}, Effect.scoped)

/** A table that holds the column's values, in their order, and how a model would read it. */
const tableOf = Effect.fnUntraced(function* (admin: ClickHouseClient, { type, values }: Column) {
  const name = `golden_${process.pid}_${randomUUID().slice(0, 8)}`
  const run = (query: string) => Effect.promise(() => admin.command({ query }))
  const nullable = type._tag !== "List"
  const sqlType = nullable ? `Nullable(${typeName(type)})` : typeName(type)
  yield* Effect.acquireRelease(run(`CREATE TABLE ${name} (n UInt32, v ${sqlType}) ENGINE = Memory`), () =>
    run(`DROP TABLE ${name} SYNC`),
  )
  yield* run(`INSERT INTO ${name} VALUES ${values.map((value, n) => `(${n}, ${literal(type, value)})`).join(", ")}`)
  return modelOf(name, type, nullable)
})

const written = Effect.fnUntraced(function* (
  connection: Connection,
  model: SourceModel,
  projection: Projection.Projection,
) {
  const reading = yield* read(connection, model, {
    run: {
      id: "golden",
      export: "golden",
      model: model.model,
      definition: "golden",
      window: day,
      mode: "once",
      defensive: false,
      offers: [projection.encoding],
    },
    projection,
    window: day,
  })
  return yield* Effect.tryPromise({
    try: () => collect(reading.bytes),
    catch: (cause) => reading.failure() ?? (cause as SourceError),
  })
}, Effect.scoped)

const modelOf = (table: string, type: FieldType.FieldType, nullable: boolean): SourceModel => ({
  model: {
    name: table,
    description: "",
    schema: { fields: [{ name: "v", type, nullable, description: "", created: true }] },
    identity: { _tag: "Append" },
  },
  identity: table,
  documents: [],
  tables: [{ name: table, columns: ["v"] }],
  arrivals: [],
  endless: false,
  rows: () => ({
    aliases: [],
    values: [{ type, sql: "v", nullable }],
    from: `(SELECT v FROM ${table} ORDER BY n)`,
    params: {},
  }),
  sample: { query: "SELECT 1", params: {} },
})
