/** Any table or query as a model: types, windows, keys and columns, by hand, through the real engine. */
import { FieldType, Source } from "@batch-exports/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect, Result, Stream } from "effect"
import { ClickHouseSource } from "../src/index.ts"
import { client, created, projection, readAll, window } from "./support/reading.ts"

const configure = (selection: object, config: object = {}) =>
  ClickHouseSource.configure({ value: { url: "http://localhost:8123", ...config } }, { value: selection })

/** Columns, a value for each, the field's type, and the JSON that is sent. */
const types: ReadonlyArray<readonly [declared: string, value: string, field: string, json: string]> = [
  ["Bool", "true", "bool", "true"],
  ["Int8", "-128", "int16", "-128"],
  ["UInt8", "255", "int16", "255"],
  ["Int16", "-32768", "int16", "-32768"],
  ["UInt16", "65535", "int32", "65535"],
  ["Int32", "-2147483648", "int32", "-2147483648"],
  ["UInt32", "4294967295", "int64", '"4294967295"'],
  ["Int64", "-9223372036854775808", "int64", '"-9223372036854775808"'],
  ["UInt64", "18446744073709551615", "decimal(20,0)", '"18446744073709551615"'],
  [
    "Int128",
    "'-170141183460469231731687303715884105728'",
    "decimal(39,0)",
    '"-170141183460469231731687303715884105728"',
  ],
  [
    "UInt128",
    "'340282366920938463463374607431768211455'",
    "decimal(39,0)",
    '"340282366920938463463374607431768211455"',
  ],
  ["Float32", "1.5", "float32", "1.5"],
  ["Float64", "-inf", "float64", '"-Infinity"'],
  ["BFloat16", "0.5", "float32", "0.5"],
  ["Decimal(38, 10)", "'1234567890123456789.0123456789'", "decimal(38,10)", '"1234567890123456789.0123456789"'],
  ["String", "'a\\0é\"'", "text", '"aé\\""'],
  ["FixedString(5)", "'ab'", "text", '"ab"'],
  ["LowCardinality(String)", "'low'", "text", '"low"'],
  ["LowCardinality(Nullable(String))", "NULL", "text", "null"],
  ["Enum8('a' = 1, 'it''s, (b)' = 2)", "2", "text", '"it\'s, (b)"'],
  ["UUID", "'61f0c404-5cb3-11e7-907b-a6006ad3dba0'", "uuid", '"61f0c404-5cb3-11e7-907b-a6006ad3dba0"'],
  ["IPv4", "'1.2.3.4'", "inet", '"1.2.3.4"'],
  ["IPv6", "'2001:db8::1'", "inet", '"2001:db8::1"'],
  ["Date", "'2149-06-06'", "date", '"2149-06-06"'],
  ["Date32", "'1900-01-01'", "date", '"1900-01-01"'],
  ["DateTime('Europe/Paris')", "'2026-07-01 12:00:00'", "timestamp(0)", '"2026-07-01T10:00:00Z"'],
  ["DateTime64(3, 'UTC')", "'2026-01-01 00:00:00.123'", "timestamp(3)", '"2026-01-01T00:00:00.123Z"'],
  ["DateTime64(9, 'UTC')", "'2026-01-01 00:00:00.123456789'", "timestamp(9)", '"2026-01-01T00:00:00.123456789Z"'],
  ["Nullable(Int32)", "NULL", "int32", "null"],
  ["Nullable(UInt64)", "7", "decimal(20,0)", '"7"'],
  ["Nullable(String)", "''", "text", '""'],
  ["Array(String)", "['a', 'b\\0c', 'NULL']", "list(text)", '["a","bc","NULL"]'],
  ["Array(Nullable(String))", "['a', NULL]", "list(text)", '["a",null]'],
  ["Array(Nullable(Bool))", "[true, NULL]", "list(bool)", "[true,null]"],
  ["Array(UInt8)", "[1, 255]", "list(int16)", "[1,255]"],
  ["Array(UInt64)", "[18446744073709551615]", "list(decimal(20,0))", '["18446744073709551615"]'],
  ["Array(Array(Int8))", "[[1], []]", "json", "[[1],[]]"],
  ["Map(String, UInt64)", "{'a\\0': 1}", "json", '{"a":1}'],
  ["Tuple(a Int8, b String)", "(1, 'x')", "json", '{"a":1,"b":"x"}'],
  ["SimpleAggregateFunction(max, UInt16)", "9", "int32", "9"],
]

describe("a selection", () => {
  const refused: ReadonlyArray<readonly [what: string, selection: object, path: string, says: RegExp]> = [
    ["a table without time or key", { name: "table", table: "t" }, "time", /or a key/],
    ["a query without a window or key", { name: "query", query: "SELECT 1" }, "query", /window_start/],
    ["half a window", { name: "query", query: "SELECT {window_end}", key: ["a"] }, "query", /both/],
    ["an unknown key", { name: "table", table: "t", tiem: "x" }, "tiem", /did you mean "time"/],
  ]
  for (const [what, selection, path, says] of refused) {
    it(`is refused: ${what}`, () => {
      const found = configure(selection)
      if (Result.isSuccess(found)) throw new Error("not refused")
      assert.deepStrictEqual(found.failure.problems[0]?.path, [path])
      assert.match(found.failure.message, says)
    })
  }
})

layer(ClickHouseServer.layer)("tables and queries", (it) => {
  const setUp = Effect.fnUntraced(function* (...statements: ReadonlyArray<string>) {
    const connection = yield* client(yield* ClickHouseServer)
    for (const query of statements) {
      yield* Effect.promise(() =>
        connection.command({
          query,
          clickhouse_settings: { allow_suspicious_low_cardinality_types: 1, optimize_on_insert: 0 },
        }),
      )
    }
  })

  const selected = Effect.fnUntraced(function* (selection: object) {
    const { password, url, user } = yield* ClickHouseServer
    return Result.getOrThrow(configure(selection, { url, user, password }))
  })

  const lines = Effect.fnUntraced(function* (opened: Source.Opened, at: string) {
    const { tally, text } = yield* readAll(opened, {
      projection: projection(opened.model, "jsonl", created(opened.model)),
      window: window(at),
    })
    const found = text.split("\n").slice(0, -1)
    assert.strictEqual(tally.rows, found.length)
    return { found: found.sort(), adjusted: tally.adjusted }
  })

  const hour = "2026-01-01T10:00:00Z/2026-01-01T11:00:00Z"

  it.effect("keep every type whole", () =>
    Effect.gen(function* () {
      yield* setUp(
        "DROP TABLE IF EXISTS every_type",
        `CREATE TABLE every_type (${types.map(([type], index) => `c${index} ${type}`).join(", ")}, at DateTime) ENGINE = MergeTree ORDER BY at`,
        `INSERT INTO every_type VALUES (${types.map(([, value]) => value).join(", ")}, toDateTime('2026-01-01 10:00:00', 'UTC'))`,
      )
      const configured = yield* selected({ name: "table", table: "every_type", time: "at", exclude: ["at"] })
      const opened = yield* configured.open
      assert.deepStrictEqual(
        opened.model.schema.fields.map(({ type }, index) => [types[index]?.[0], FieldType.format(type)]),
        types.map(([declared, , field]) => [declared, field]),
      )
      const { adjusted, found } = yield* lines(opened, hour)
      assert.deepStrictEqual(found, [`{${types.map(([, , , json], index) => `"c${index}":${json}`).join(",")}}`])
      const changed = types.flatMap(([, value], index) => (/^'.*\\0|^\{.*\\0/.test(value) ? [[`c${index}`, 1]] : []))
      assert.deepStrictEqual(adjusted, Object.fromEntries(changed) as Record<string, number>)
    }),
  )

  it.effect("refuse types that have no form elsewhere, with the cast to write", () =>
    Effect.gen(function* () {
      yield* setUp(
        "DROP TABLE IF EXISTS states",
        "CREATE TABLE states (id Int32, s AggregateFunction(sum, Int64), u UInt256) ENGINE = MergeTree ORDER BY id",
      )
      for (const [exclude, cast] of [
        ["u", "finalizeAggregation(`s`) AS `s`"],
        ["s", "toString(`u`) AS `u`"],
      ] as const) {
        const configured = yield* selected({ name: "table", table: "states", key: ["id"], exclude: [exclude] })
        const error = yield* Effect.flip(Effect.scoped(configured.open))
        assert.include(error.remedy, cast)
        const steps = yield* Stream.runCollect(configured.check)
        assert.deepInclude(steps.at(-1), { id: "table", status: "failed", remedy: error.remedy })
      }
    }),
  )

  const orders = [
    "CREATE DATABASE IF NOT EXISTS app",
    "DROP TABLE IF EXISTS app.orders",
    "CREATE TABLE app.orders (id UInt32, total Decimal(10, 2), note Nullable(String), doc String, updated_at DateTime64(3, 'UTC')) ENGINE = ReplacingMergeTree(updated_at) ORDER BY id",
    `INSERT INTO app.orders VALUES (1, '9.90', 'first', '{"a":1}', '2026-01-01 10:00:00.000'), (2, '5', NULL, '', '2026-01-01 10:59:59.999'), (3, '1', 'before', '{', '2026-01-01 09:59:59.999'), (4, '2', 'after', '', '2026-01-01 11:00:00')`,
    `INSERT INTO app.orders VALUES (1, '10', 'second\\0', '{"a":1.50}', '2026-01-01 10:30:00')`,
  ]

  it.effect("append the rows of a window", () =>
    Effect.gen(function* () {
      yield* setUp(...orders)
      const configured = yield* selected({
        name: "table",
        table: "app.orders",
        time: "updated_at",
        columns: ["id", "note", "doc"],
        rename: { id: 'the "id"' },
        json: ["doc"],
      })
      const opened = yield* configured.open
      assert.deepStrictEqual(opened.model.identity, { _tag: "Append" })
      const { adjusted, found } = yield* lines(opened, hour)
      assert.deepStrictEqual(found, [
        '{"the \\"id\\"":"1","note":"first","doc":{"a":1}}',
        '{"the \\"id\\"":"1","note":"second","doc":{"a":1.50}}',
        '{"the \\"id\\"":"2","note":null,"doc":null}',
      ])
      assert.deepStrictEqual(adjusted, { note: 1 })
      assert.isTrue((yield* Stream.runCollect(configured.check)).every(({ status }) => status === "passed"))
    }),
  )

  it.effect("replace by key, newest first, and look back", () =>
    Effect.gen(function* () {
      yield* setUp(...orders)
      const configured = yield* selected({
        name: "table",
        table: "app.orders",
        time: "updated_at",
        key: ["id"],
        lookback: "1 second",
        columns: ["id", "total", "updated_at"],
      })
      const opened = yield* configured.open
      assert.deepStrictEqual(opened.model.identity, {
        _tag: "Upsert",
        key: ["id"],
        versions: [{ version: "updated_at", fields: ["total"] }],
      })
      const { found } = yield* lines(opened, hour)
      assert.deepStrictEqual(found, [
        '{"id":"1","total":"10.00","updated_at":"2026-01-01T10:30:00.000Z"}',
        '{"id":"2","total":"5.00","updated_at":"2026-01-01T10:59:59.999Z"}',
        '{"id":"3","total":"1.00","updated_at":"2026-01-01T09:59:59.999Z"}',
      ])
    }),
  )

  it.effect("send all of a table that has no time", () =>
    Effect.gen(function* () {
      yield* setUp(...orders)
      const configured = yield* selected({ name: "table", table: "app.orders", key: ["id"], columns: ["id"] })
      const opened = yield* configured.open
      const { found } = yield* lines(opened, hour)
      assert.deepStrictEqual(
        found,
        ["1", "2", "3", "4"].map((id) => `{"id":"${id}"}`),
      )
    }),
  )

  it.effect("send what a query says, with its short circuits", () =>
    Effect.gen(function* () {
      yield* setUp(...orders)
      const configured = yield* selected({
        name: "query",
        query: `SELECT id, if(id = 1, 0, intDiv(10, id - 1)) AS per, count() AS n FROM app.orders
          WHERE updated_at >= {window_start} AND updated_at < {window_end} GROUP BY id;`,
      })
      const opened = yield* configured.open
      const { found } = yield* lines(opened, hour)
      assert.deepStrictEqual(found, ['{"id":"1","per":0,"n":"2"}', '{"id":"2","per":10,"n":"1"}'])
    }),
  )

  it.effect("say what a selection names that is not there", () =>
    Effect.gen(function* () {
      yield* setUp(...orders)
      const wrong: ReadonlyArray<readonly [object, RegExp]> = [
        [{ time: "updated" }, /no column "updated"/],
        [{ time: "updated_at", key: ["id"], exclude: ["id"] }, /"id" tells records apart/],
        [{ time: "updated_at", rename: { note: "id" } }, /two columns are called "id"/],
        [{ time: "updated_at", table: "app.nothing" }, /nothing/],
      ]
      for (const [selection, says] of wrong) {
        const configured = yield* selected({ name: "table", table: "app.orders", ...selection })
        const error = yield* Effect.flip(Effect.scoped(configured.open))
        assert.strictEqual(error.reason, "SourceMissing")
        assert.match(error.message, says)
      }
    }),
  )
})
