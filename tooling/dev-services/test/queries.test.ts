import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { clickHouse, ClickHouseServer } from "../src/index.ts"
import { connect, raw, rows, serverError } from "./client.ts"

layer(ClickHouseServer.layer)("queries", (it) => {
  it.effect("answers both kinds of ping", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      assert.isTrue((yield* Effect.promise(() => client.ping())).success)
      assert.isTrue((yield* Effect.promise(() => client.ping({ select: true }))).success)
    }),
  )

  it.effect("refuses a wrong password and an unknown user, and takes Basic authentication", () =>
    Effect.gen(function* () {
      const { password, url } = yield* ClickHouseServer
      const wrong = yield* connect({ password: "wrong" })
      assert.deepStrictEqual(yield* serverError(wrong.query({ query: "SELECT 1" })), {
        code: "516",
        type: "AUTHENTICATION_FAILED",
      })
      const unknown = yield* connect({ username: "nobody" })
      assert.strictEqual((yield* serverError(unknown.query({ query: "SELECT 1" }))).code, "516")
      const basic = Buffer.from(`default:${password}`).toString("base64")
      const ask = (authorization: string) =>
        Effect.promise(() => fetch(`${url}/?query=SELECT+1`, { headers: { authorization } }))
      assert.strictEqual((yield* ask(`Basic ${basic}`)).status, 200)
      const refused = yield* ask(`Basic ${Buffer.from("default:").toString("base64")}`)
      assert.strictEqual(refused.status, 403)
      assert.strictEqual(refused.headers.get("x-clickhouse-exception-code"), "516")
    }),
  )

  it.effect("answers in JSON, JSONEachRow, TabSeparated and Parquet", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const query = "SELECT number AS n, concat('x', toString(number)) AS s FROM numbers(3)"
      const json = yield* Effect.promise(async () => (await client.query({ query, format: "JSON" })).json())
      assert.strictEqual((json as { rows: number }).rows, 3)
      assert.deepStrictEqual(yield* rows(client, query), [
        { n: 0, s: "x0" },
        { n: 1, s: "x1" },
        { n: 2, s: "x2" },
      ])
      const text = yield* Effect.promise(async () => (await client.query({ query, format: "TabSeparated" })).text())
      assert.strictEqual(text, "0\tx0\n1\tx1\n2\tx2\n")
      const named = yield* raw(`${query} FORMAT TabSeparatedWithNames`)
      assert.strictEqual(yield* Effect.promise(() => named.text()), "n\ts\n0\tx0\n1\tx1\n2\tx2\n")
      const parquet = yield* raw(`${query} FORMAT Parquet`)
      const bytes = Buffer.from(yield* Effect.promise(() => parquet.arrayBuffer()))
      assert.strictEqual(bytes.subarray(0, 4).toString() + bytes.subarray(-4).toString(), "PAR1PAR1")
    }),
  )

  it.effect("streams many blocks as one result, in every format that can be joined", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const query = "SELECT number FROM numbers(300000)"
      const expected = Array.from({ length: 300_000 }, (_, i) => `${i}\n`).join("")
      const exec = yield* Effect.promise(async () => {
        const { stream } = await client.exec({ query: `${query} FORMAT TabSeparated` })
        const chunks: Array<Buffer> = []
        for await (const chunk of stream) chunks.push(chunk as Buffer)
        return Buffer.concat(chunks).toString()
      })
      assert.isTrue(exec === expected)
      const counted = yield* Effect.promise(async () => {
        let n = 0
        const result = await client.query({ query, format: "JSONEachRow" })
        for await (const batch of result.stream<{ number: number }>())
          for (const row of batch) if (row.json().number === n) n++
        return n
      })
      assert.strictEqual(counted, 300_000)
      const binary = yield* raw(`${query} FORMAT RowBinary`)
      const numbers = new BigUint64Array(yield* Effect.promise(() => binary.arrayBuffer()))
      assert.strictEqual(numbers.length, 300_000)
      assert.isTrue(numbers.every((value, i) => value === BigInt(i)))
    }),
  )

  it.effect("prints one array of rows where a setting asks for it", () =>
    Effect.gen(function* () {
      const query = "SELECT number FROM numbers(200000) FORMAT JSONEachRow"
      const array = { output_format_json_array_of_rows: 1 }
      for (const response of [
        yield* raw(query, array),
        yield* raw(`${query} SETTINGS output_format_json_array_of_rows = 1`),
      ])
        assert.lengthOf((yield* Effect.promise(() => response.json())) as Array<unknown>, 200_000)
    }),
  )

  it.effect("answers an empty result", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      assert.deepStrictEqual(yield* rows(client, "SELECT 1 AS a WHERE 0"), [])
      const response = yield* raw("SELECT number FROM numbers(0)")
      assert.strictEqual(response.status, 200)
      assert.strictEqual(yield* Effect.promise(() => response.text()), "")
    }),
  )

  it.effect("carries query parameters of every shape, in the URL and as a form", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const text = "tab\t newline\n cr\r quote' double\" backslash\\ \\N \\t unicode é😀 {x:String} $y`"
      const query_params = {
        text,
        int: 9007199254740993n,
        list: [text, "b"],
        nothing: null,
        at: new Date("2026-01-02T03:04:05Z"),
        yes: true,
      }
      const query = `SELECT {text:String} AS text, toString({int:Int64}) AS int, {list:Array(String)} AS list,
        {nothing:Nullable(String)} IS NULL AS nothing, toString({at:DateTime('UTC')}) AS at, {yes:Bool} AS yes`
      const expected = [
        { text, int: "9007199254740993", list: [text, "b"], nothing: 1, at: "2026-01-02 03:04:05", yes: true },
      ]
      assert.deepStrictEqual(yield* rows(client, query, { query_params }), expected)
      assert.deepStrictEqual(yield* rows(client, query, { query_params, use_multipart_params: true }), expected)
      assert.strictEqual((yield* serverError(client.query({ query: "SELECT {absent:String}" }))).code, "456")
    }),
  )

  it.effect("keeps settings to the query that has them", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const query =
        "SELECT toString(getSetting('max_threads')) AS threads, toString(getSetting('join_use_nulls')) AS nulls"
      const before = yield* rows(client, query)
      assert.deepStrictEqual(
        yield* rows(client, query, { clickhouse_settings: { max_threads: 3, join_use_nulls: 1 } }),
        [{ threads: "3", nulls: "true" }],
      )
      assert.deepStrictEqual(yield* rows(client, query), before)
      assert.deepStrictEqual(yield* serverError(client.query({ query, clickhouse_settings: { nonsense: 1 } })), {
        code: "115",
        type: "UNKNOWN_SETTING",
      })
    }),
  )

  it.effect("starts with settings for all queries, its own included", () =>
    Effect.gen(function* () {
      const server = yield* clickHouse({ settings: { max_threads: 3, dev_exception: "untagged" } })
      const client = yield* connect().pipe(Effect.provideService(ClickHouseServer, server))
      const query = "SELECT toString(getSetting('max_threads')) AS threads"
      assert.deepStrictEqual(yield* rows(client, query), [{ threads: "3" }])
      const one = { clickhouse_settings: { max_threads: 1 } }
      assert.deepStrictEqual(yield* rows(client, query, one), [{ threads: "1" }])
      const response = yield* raw(query).pipe(Effect.provideService(ClickHouseServer, server))
      assert.isNull(response.headers.get("x-clickhouse-exception-tag"))
    }),
  )

  it.effect("has the defaults of a server, not those of the embedded engine", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      assert.deepStrictEqual(yield* serverError(client.query({ query: "selec 1" })), {
        code: "62",
        type: "SYNTAX_ERROR",
      })
      assert.strictEqual((yield* serverError(client.query({ query: "SELECT 1; SELECT 2" }))).code, "62")
    }),
  )

  it.effect("tells errors before the first block by status, code and type", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const cases = [
        ["SELECT * FROM nowhere", "60", "UNKNOWN_TABLE", 404],
        ["SELECT nothing", "47", "UNKNOWN_IDENTIFIER", 404],
        ["SELECT throwIf(1)", "395", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO", 500],
        ["SELECT toInt8('x')", "6", "CANNOT_PARSE_TEXT", 400],
        ["SELECT 1 FORMAT Nonsense", "73", "UNKNOWN_FORMAT", 404],
        ["SELECT sum(number) FROM numbers(1e12) SETTINGS max_execution_time = 0.2", "159", "TIMEOUT_EXCEEDED", 408],
        [
          "SELECT groupArray(number) FROM numbers(1e8) SETTINGS max_memory_usage = 10000000",
          "241",
          "MEMORY_LIMIT_EXCEEDED",
          500,
        ],
      ] as const
      for (const [query, code, type, status] of cases) {
        assert.deepStrictEqual(yield* serverError(client.exec({ query })), { code, type }, query)
        const response = yield* raw(query)
        assert.strictEqual(response.status, status, query)
        assert.strictEqual(response.headers.get("x-clickhouse-exception-code"), code)
        assert.match(
          yield* Effect.promise(() => response.text()),
          new RegExp(`^Code: ${code}\\. .*\\(${type}\\) \\(version [\\d.]+`),
        )
      }
    }),
  )

  it.effect("does not poison what follows a failure", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const query = "SELECT number, throwIf(number = 70000) FROM numbers(100000) FORMAT"
      for (const format of ["JSON", "TabSeparated", "JSON", "RowBinary"]) {
        const text = yield* Effect.flatMap(raw(`${query} ${format}`), (response) =>
          Effect.promise(() => response.text()),
        )
        assert.include(text, "Code: 395")
      }
      for (let i = 0; i < 20; i++) assert.deepStrictEqual(yield* rows(client, `SELECT ${i} AS i`), [{ i }])
    }),
  )

  it.effect("runs queries side by side, more than there are threads", () =>
    Effect.gen(function* () {
      const client = yield* connect({ max_open_connections: 30 })
      const all = Array.from({ length: 30 }, (_, i) =>
        rows<{ i: number; n: string }>(
          client,
          `SELECT ${i} AS i, toString(count()) AS n FROM (SELECT sleepEachRow(0.01), number FROM numbers(${i + 1}))`,
        ),
      )
      const found = yield* Effect.all(all, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        found.flat(),
        Array.from({ length: 30 }, (_, i) => ({ i, n: String(i + 1) })),
      )
    }),
  )

  it.effect("takes long statements in the body, and long parameters in the address", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const text = "é".repeat(100_000)
      assert.deepStrictEqual(yield* rows(client, `SELECT lengthUTF8('${text}') AS n`), [{ n: 100_000 }])
      const query_params = { text: "x".repeat(500_000) }
      assert.deepStrictEqual(yield* rows(client, "SELECT length({text:String}) AS n", { query_params }), [
        { n: 500_000 },
      ])
    }),
  )

  it.effect("answers statements that are not SELECT, and reads FORMAT and SETTINGS where they stand", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.promise(() => client.command({ query: "CREATE DATABASE other" }))
      yield* Effect.promise(() =>
        client.command({ query: "CREATE TABLE other.t (a Int32) ENGINE = MergeTree ORDER BY a;" }),
      )
      const other = yield* connect({ database: "other" })
      assert.deepStrictEqual(yield* rows(other, "SELECT currentDatabase() AS d, count() AS n FROM t"), [
        { d: "other", n: 0 },
      ])
      assert.deepStrictEqual(yield* rows(other, "EXISTS TABLE t"), [{ result: 1 }])
      assert.strictEqual((yield* rows<{ name: string }>(other, "DESCRIBE (SELECT a, a + 1 AS b FROM t)")).length, 2)
      const text = (sql: string) => Effect.flatMap(raw(sql), (response) => Effect.promise(() => response.text()))
      assert.strictEqual(
        yield* text("SELECT ' FORMAT JSON ' AS format -- FORMAT CSV\n FORMAT TSV SETTINGS max_threads = 1;"),
        " FORMAT JSON \n",
      )
      assert.strictEqual(yield* text("/* FORMAT JSON */ (SELECT 1) SETTINGS max_threads = 1 FORMAT CSV"), "1\n")
      assert.strictEqual(yield* text("SHOW TABLES FROM other FORMAT JSONEachRow"), '{"name":"t"}\n')
      assert.strictEqual(yield* text("EXPLAIN SYNTAX SELECT 1"), "SELECT 1\nFROM system.one\n")
      yield* Effect.promise(() => client.command({ query: "DROP DATABASE other" }))
    }),
  )

  it.effect("refuses what it would have to ignore", () =>
    Effect.gen(function* () {
      const client = yield* connect({ session_id: "s" })
      assert.strictEqual((yield* serverError(client.query({ query: "SELECT 1" }))).code, "48")
      const dollars = yield* raw("SELECT $$it's$$, $a$b;$a$")
      assert.strictEqual(yield* Effect.promise(() => dollars.text()), "it\\'s\tb;\n")
    }),
  )
})
