/** A table that has nothing to do with events: exported with a configuration of twelve lines, and proposed by `init`. */
import { Window } from "@batch-exports/core"
import { ClickHouseServer, PostgresServer } from "@batch-exports/dev-services"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { randomUUID } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { type AddressInfo, createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { vi } from "vitest"
import { parse } from "yaml"
import { concerns, questions } from "../src/cli/initAnswers.ts"
import { builtIn, Config, runExport } from "../src/index.ts"
import { clickHouseClient, postgresClient } from "./support/clients.ts"
import { invoke } from "./support/invoke.ts"
import { terminal } from "./support/terminal.ts"

interface Written {
  readonly exports: Readonly<Record<string, object>>
}

const servers = Layer.merge(ClickHouseServer.layer, PostgresServer.layer)

layer(servers, { timeout: 120_000 })("any table", (it) => {
  it.effect("is replaced by key, window by window", () =>
    Effect.gen(function* () {
      const ch = yield* ClickHouseServer
      const pg = yield* PostgresServer
      const clickHouse = yield* clickHouseClient(ch)
      const postgres = yield* postgresClient(pg)
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

  it.effect("is proposed by init from the catalogue, by flags and at a terminal, and passes check", () =>
    Effect.gen(function* () {
      const ch = yield* ClickHouseServer
      const pg = yield* PostgresServer
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-exports-test-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
      )
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          vi.stubEnv("CLICKHOUSE_PASSWORD", ch.password)
          vi.stubEnv("POSTGRES_PASSWORD", pg.password)
        }),
        () => Effect.sync(() => vi.unstubAllEnvs()),
      )
      // Takes connections and says nothing.
      const silent = yield* Effect.acquireRelease(
        Effect.promise(
          () =>
            new Promise<Server>((resolve) => {
              const server = createServer().listen(0, "127.0.0.1", () => resolve(server))
            }),
        ),
        (server) => Effect.sync(() => server.close()),
      )
      const clickHouse = yield* clickHouseClient(ch)
      for (const query of [
        "CREATE DATABASE IF NOT EXISTS shop",
        `CREATE TABLE shop.invoices (id UInt32, total Decimal(10, 2), sums AggregateFunction(sum, Int64), created_at DateTime, updated_at DateTime64(3))
          ENGINE = ReplacingMergeTree(updated_at) ORDER BY id`,
      ])
        yield* Effect.promise(() => clickHouse.command({ query }))
      const file = (name: string) => join(folder, `${name}.yaml`)
      const answers = {
        "clickhouse-url": ch.url,
        "clickhouse-user": ch.user,
        "clickhouse-database": "default",
        model: "shop.invoices",
        "postgres-host": pg.host,
        "postgres-port": String(pg.port),
        "postgres-user": pg.user,
        "postgres-database": pg.database,
        "postgres-schema": "public",
        "self-signed": "yes",
      }
      const init = (name: string, changes: Readonly<Record<string, string>> = {}) =>
        invoke([
          "init",
          "--output",
          file(name),
          ...Object.entries({ ...answers, ...changes }).flatMap(([flag, answer]) => [`--${flag}`, answer]),
        ])

      const byFlags = Effect.gen(function* () {
        const done = yield* init("flags")
        assert.strictEqual(done.code, 0, done.stderr)
        assert.strictEqual(done.stderr, "")
        assert.match(
          done.stdout,
          /columns of shop\.invoices are from ClickHouse.*\n.*\n {2}batch-exports check invoices\n/,
        )
        const written = readFileSync(file("flags"), "utf8")
        assert.notInclude(written, ch.password)
        assert.include(written, "finalizeAggregation(`sums`)")
        assert.deepStrictEqual((parse(written) as Written).exports, {
          invoices: {
            source: "analytics",
            model: {
              name: "table",
              table: "shop.invoices",
              time: "updated_at",
              key: ["id"],
              lookback: "1 hour",
              exclude: ["sums"],
            },
            destination: { use: "warehouse", table: "invoices" },
            schedule: "hour",
          },
        })
        const checked = yield* invoke(["check", "invoices", "--config", file("flags")])
        assert.strictEqual(checked.code, 0, checked.stdout + checked.stderr)

        const missing = yield* init("missing", { model: "shop.invoice" })
        assert.strictEqual(missing.code, 2)
        assert.match(missing.stderr, /there is no table shop\.invoice .*did you mean "shop\.invoices"\?/)
        assert.isFalse(existsSync(file("missing")))
      })

      const unread = Effect.gen(function* () {
        const { port } = silent.address() as AddressInfo
        const [late, refused] = yield* Effect.all(
          [
            init("silent", { "clickhouse-url": `http://127.0.0.1:${port}` }),
            init("refused", { "clickhouse-user": "nobody" }),
          ],
          { concurrency: 2 },
        )
        for (const [name, { code, stderr, stdout }] of [
          ["silent", late],
          ["refused", refused],
        ] as const) {
          assert.strictEqual(code, 0, stderr)
          assert.match(
            stderr,
            /warning: the columns of shop\.invoices were not read: .*\n {2}to do .*fill in the model/,
          )
          assert.notInclude(stderr + stdout, ch.password)
          assert.include(stdout, "Next: fill in the model; ")
          assert.deepInclude((parse(readFileSync(file(name), "utf8")) as Written).exports["invoices"], {
            model: { name: "table", table: "shop.invoices", time: "inserted_at" },
          })
        }
        assert.include(refused.stderr, "taken from CLICKHOUSE_PASSWORD")
        const checked = yield* invoke(["check", "invoices", "--config", file("refused")])
        assert.strictEqual(checked.code, 1, checked.stdout)
      })

      // util-linux's script gives a command a terminal; others have another one.
      const atTerminal = Effect.gen(function* () {
        const asked = yield* Effect.acquireRelease(
          Effect.sync(() => terminal(["init", "--output", file("asked")], process.env)),
          ({ kill }) => Effect.sync(kill),
        )
        yield* Effect.promise(async () => {
          for (const { asks, flag } of questions) {
            if (!concerns(flag, answers)) continue
            await asked.waits(asks)
            if (flag === "model") {
              asked.types("shop.invoice\r")
              await asked.waits('did you mean "shop.invoices"?')
              await asked.waits(asks)
            }
            // Return alone takes what the question proposes.
            asked.types(`${flag in answers ? answers[flag as keyof typeof answers] : ""}\r`)
          }
          assert.strictEqual(await asked.ended, 0, asked.shown())
        })
        assert.include(asked.shown(), "Wrote ")
        assert.notInclude(asked.shown(), ch.password)
      })

      yield* Effect.all([byFlags, unread, ...(process.platform === "linux" ? [atTerminal] : [])], {
        concurrency: "unbounded",
      })
      if (process.platform === "linux")
        assert.strictEqual(readFileSync(file("asked"), "utf8"), readFileSync(file("flags"), "utf8"))
    }),
  )
})
