/** A table that has nothing to do with events, exported with a configuration of twelve lines. */
import { Window } from "@batch-exports/core"
import { ClickHouseServer, PostgresServer } from "@batch-exports/dev-services"
import { createClient } from "@clickhouse/client"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { randomUUID } from "node:crypto"
import { Client } from "pg"
import { parse } from "yaml"
import { builtIn, Config, runExport } from "../src/index.ts"

const servers = Layer.merge(ClickHouseServer.layer, PostgresServer.layer)

layer(servers, { timeout: 120_000 })("any table", (it) => {
  it.effect("is replaced by key, window by window", () =>
    Effect.gen(function* () {
      const ch = yield* ClickHouseServer
      const pg = yield* PostgresServer
      const clickHouse = yield* Effect.acquireRelease(
        Effect.sync(() => createClient({ url: ch.url, username: ch.user, password: ch.password })),
        (client) => Effect.promise(() => client.close()),
      )
      const postgres = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const { ca, database, host, password, port, user } = pg
          const client = new Client({ host, port, user, password, database, ssl: ca === undefined ? false : { ca } })
          await client.connect()
          await client.query("SET TimeZone = 'UTC'")
          return client
        }),
        (client) => Effect.promise(() => client.end()),
      )
      const make = (...statements: ReadonlyArray<string>) =>
        Effect.promise(async () => {
          for (const query of statements) await clickHouse.command({ query })
        })
      yield* make(
        "CREATE DATABASE IF NOT EXISTS app",
        `CREATE TABLE app.orders (id UInt32, total Decimal(10, 2), state Enum8('open' = 1, 'paid' = 2),
          tags Array(Nullable(String)), lines Map(String, UInt64), ordered Date, updated_at DateTime64(3, 'UTC'))
          ENGINE = ReplacingMergeTree(updated_at) ORDER BY id`,
        `INSERT INTO app.orders VALUES
          (1, 9.90, 'open', ['a', NULL, 'NULL', 'x"y'], {'apple': 18446744073709551615}, '2026-01-31', '2026-01-31 10:00:00.000'),
          (2, 5, 'open', [], {}, '2026-01-31', '2026-01-31 10:59:59.999')`,
      )
      const schema = `orders_${randomUUID().slice(0, 8)}`
      yield* Effect.promise(() => postgres.query(`CREATE SCHEMA ${schema}`))
      const configuration = `
sources:
  app: { type: clickhouse, url: "${ch.url}", user: ${ch.user}, password: ${JSON.stringify(ch.password)} }
destinations:
  warehouse: { type: postgres, host: ${pg.host}, port: ${pg.port}, user: ${pg.user}, password: ${JSON.stringify(pg.password)}, database: ${pg.database}, schema: ${schema}, table: orders, selfSigned: true }
exports:
  orders:
    model: { name: table, table: app.orders, time: updated_at, key: [id] }
    destination: warehouse
`.trim()
      assert.isAtMost(configuration.split("\n").length, 12)
      const { exports } = yield* Effect.fromResult(Config.decode(parse(configuration), builtIn))
      const definition = exports.get("orders")
      if (definition === undefined) throw new Error("no export")
      const run = (window: string) =>
        runExport({
          export: definition,
          window: Result.getOrThrow(Window.parse(window)),
          runId: randomUUID(),
        })
      const rows = Effect.promise(() =>
        postgres.query({
          text: `SELECT id::text, total::text, state, to_json(tags)::text AS tags, lines::text, ordered::text, updated_at::text FROM ${schema}.orders ORDER BY id`,
          rowMode: "array",
        }),
      )

      const { outcome } = yield* run("2026-01-31T10:00:00Z/2026-01-31T11:00:00Z")
      assert.strictEqual(outcome._tag, "Exported")
      assert.deepStrictEqual((yield* rows).rows, [
        [
          "1",
          "9.90",
          "open",
          '["a",null,"NULL","x\\"y"]',
          '{"apple": 18446744073709551615}',
          "2026-01-31",
          "2026-01-31 10:00:00+00",
        ],
        ["2", "5.00", "open", "[]", "{}", "2026-01-31", "2026-01-31 10:59:59.999+00"],
      ])

      yield* make("INSERT INTO app.orders VALUES (2, 6, 'paid', [], {}, '2026-01-31', '2026-01-31 11:00:00')")
      yield* run("2026-01-31T11:00:00Z/2026-01-31T12:00:00Z")
      assert.deepStrictEqual(
        (yield* rows).rows.map((row: ReadonlyArray<string>) => row.slice(0, 3)),
        [
          ["1", "9.90", "open"],
          ["2", "6.00", "paid"],
        ],
      )
      const again = yield* run("2026-01-31T10:00:00Z/2026-01-31T12:00:00Z")
      assert.strictEqual(again.outcome._tag, "AlreadyExported")
    }),
  )
})
