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
  ["Decimal32(2)", "'1.50'", "decimal(9,2)", '"1.50"'],
  ["Decimal64(2)", "'-1.50'", "decimal(18,2)", '"-1.50"'],
  ["Decimal128(20)", "'0.00000000000000000001'", "decimal(38,20)", '"0.00000000000000000001"'],
  ["Decimal256(0)", `'${"9".repeat(76)}'`, "decimal(76,0)", `"${"9".repeat(76)}"`],
  ["DateTime32('UTC')", "'2106-02-07 06:28:15'", "timestamp(0)", '"2106-02-07T06:28:15Z"'],
  ["Enum('a' = -1)", "'a'", "text", '"a"'],
  ["Enum16('é' = 1000)", "'é'", "text", '"é"'],
  ["Time", "'-999:59:59'", "text", '"-999:59:59"'],
  ["Time64(9)", "'10:00:00.123456789'", "text", '"10:00:00.123456789"'],
  ["JSON", `'{"a":{"b":1.5},"n":9007199254740993}'`, "json", '{"a":{"b":1.5},"n":9007199254740993}'],
  ["Dynamic", "18446744073709551615", "json", "18446744073709551615"],
  ["Variant(String, UInt64)", "'x'", "json", '"x"'],
  ["Dynamic", "NULL", "json", "null"],
  ["Variant(String, UInt64)", "NULL", "json", "null"],
  ["Nullable(JSON)", "NULL", "json", "null"],
  ["Array(Dynamic)", "[1, NULL]", "json", "[1,null]"],
  ["Point", "(1.5, -0.1)", "json", "[1.5,-0.1]"],
  ["Ring", "[(1, 2)]", "json", "[[1,2]]"],
  ["LineString", "[(1, 2)]", "json", "[[1,2]]"],
  ["MultiLineString", "[[(1, 2)]]", "json", "[[[1,2]]]"],
  ["Polygon", "[[(1, 2)]]", "json", "[[[1,2]]]"],
  ["MultiPolygon", "[[[(1, 2)]]]", "json", "[[[[1,2]]]]"],
  ["Geometry", "CAST((1, 2), 'Point')", "json", "[1,2]"],
  ["QBit(Float32, 4)", "[1, 2, 3, 4.5]", "json", "[1,2,3,4.5]"],
]

/** Types that are refused, and what to write in their place. */
const withoutForm: ReadonlyArray<readonly [value: string, family: string, remedy: string]> = [
  ["toInt256('5')", "Int256", "toString(`c`)"],
  ["toUInt256('5')", "UInt256", "toString(`c`)"],
  ["sumState(toInt64(5))", "AggregateFunction", "finalizeAggregation(`c`)"],
  ["NULL", "Nothing", "CAST(`c`, 'Nullable(String)')"],
  ["[]", "Nothing", "CAST(`c`, 'Array(Nullable(String))')"],
  ["[toInt256('5')]", "Int256", "arrayMap(x -> toString(x), `c`)"],
  ...[
    "Nanosecond",
    "Microsecond",
    "Millisecond",
    "Second",
    "Minute",
    "Hour",
    "Day",
    "Week",
    "Month",
    "Quarter",
    "Year",
  ].map((unit) => [`toInterval${unit}(5)`, `Interval${unit}`, "toInt64(`c`)"] as const),
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

  it.effect("know every family of types that the engine has", () =>
    Effect.gen(function* () {
      const connection = yield* client(yield* ClickHouseServer)
      const families = yield* Effect.promise(async () => {
        const query = "SELECT name FROM system.data_type_families WHERE alias_to = ''"
        const result = await connection.query({ query, format: "JSONEachRow" })
        return (await result.json<{ name: string }>()).map(({ name }) => name)
      })
      const kept = types.flatMap(([declared]) => declared.match(/[A-Za-z]\w*/g) ?? [])
      const tried = new Set([...kept, ...withoutForm.map(([, family]) => family), "Nested"])
      // The engine adds some now and then: each has to be kept whole, or refused.
      assert.deepStrictEqual(
        families.filter((name) => !tried.has(name)),
        [],
      )
      for (const [value, , remedy] of withoutForm) {
        const configured = yield* selected({ name: "query", query: `SELECT 1 AS id, ${value} AS c`, key: ["id"] })
        const error = yield* Effect.flip(Effect.scoped(configured.open))
        assert.include(error.remedy, `${remedy} AS \`c\``, value)
        // What is recommended can be exported.
        const mended = yield* selected({
          name: "query",
          query: `SELECT id, ${remedy} AS c FROM (SELECT 1 AS id, ${value} AS c)`,
          key: ["id"],
        })
        const { found } = yield* lines(yield* mended.open, hour)
        assert.strictEqual(found.length, 1, value)
      }
    }),
  )

  it.effect("read computed columns, and flat ones of nested tables, by their names", () =>
    Effect.gen(function* () {
      yield* setUp(
        "DROP TABLE IF EXISTS computed",
        `CREATE TABLE computed (id Int32, n Nested(x Int8, y String), m String MATERIALIZED concat('m', toString(id)), a Int32 ALIAS id + 1, e Int32 EPHEMERAL 5, at DateTime('UTC'))
        ENGINE = MergeTree ORDER BY id`,
        "INSERT INTO computed (id, n.x, n.y, at) VALUES (1, [1, 2], ['a', '{\"k\":1}'], '2026-01-01 10:00:00')",
      )
      const configured = yield* selected({ name: "table", table: "computed", time: "at", rename: { "n.x": "xs" } })
      const { found } = yield* lines(yield* configured.open, hour)
      assert.deepStrictEqual(found, [
        '{"id":1,"xs":[1,2],"n.y":["a","{\\"k\\":1}"],"m":"m1","a":2,"at":"2026-01-01T10:00:00Z"}',
      ])
    }),
  )

  it.effect("read members of every kind of document, and versions of odd kinds", () =>
    Effect.gen(function* () {
      yield* setUp(
        "DROP TABLE IF EXISTS payloads",
        `CREATE TABLE payloads (id Int32, s Nullable(String), j JSON, m Map(String, UInt64), t Tuple(a Tuple(b String), c Float64)) ENGINE = MergeTree ORDER BY id`,
        `INSERT INTO payloads VALUES (1, '{"a":{"b":1.50}}', '{"a":{"b":"x"}}', {'a.b': 18446744073709551615}, (('y\\0'), 0.1)), (2, NULL, '{}', {}, ((''), nan))`,
      )
      const configured = yield* selected({
        name: "table",
        table: "payloads",
        key: ["id"],
        columns: [
          "id",
          "s",
          { name: "sab", from: "s.a.b", type: "json" },
          { name: "jab", from: "j.a.b" },
          { name: "m", from: 'm."a.b"', type: "decimal(20)" },
          { name: "tab", from: "t.a.b" },
          { name: "tc", from: "t.c", type: "float" },
        ],
      })
      const { adjusted, found } = yield* lines(yield* configured.open, hour)
      assert.deepStrictEqual(found, [
        '{"id":1,"s":"{\\"a\\":{\\"b\\":1.50}}","sab":1.50,"jab":"x","m":"18446744073709551615","tab":"y","tc":0.1}',
        '{"id":2,"s":null,"sab":null,"jab":null,"m":null,"tab":"","tc":null}',
      ])
      assert.deepStrictEqual(adjusted, {})
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
      assert.isTrue((yield* Stream.runCollect(configured.check)).every(({ status }) => status !== "failed"))
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
