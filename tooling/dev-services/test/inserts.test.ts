import { Readable } from "node:stream"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { ClickHouseServer } from "../src/index.ts"
import { connect, raw, rows, serverError } from "./client.ts"

const fresh = Effect.fn("fresh")(function* (name: string) {
  const client = yield* connect({ compression: { request: name.includes("gzip") } })
  yield* Effect.promise(() =>
    client.command({
      query: `CREATE TABLE ${name} (a Int32, b String, c String DEFAULT concat('d', toString(a))) ENGINE = MergeTree ORDER BY a`,
    }),
  )
  return { client, content: rows(client, `SELECT * FROM ${name} ORDER BY a`) }
})

layer(ClickHouseServer.layer)("inserts", (it) => {
  it.effect("takes rows, streams and columns from the client, compressed or not", () =>
    Effect.gen(function* () {
      for (const name of ["plain", "packed_gzip"]) {
        const { client, content } = yield* fresh(name)
        const values = [
          { a: 1, b: "x\ny\t\\ é" },
          { a: 2, b: "" },
        ]
        const { summary } = yield* Effect.promise(() => client.insert({ table: name, values, format: "JSONEachRow" }))
        assert.strictEqual(summary?.written_rows, "2")
        yield* Effect.promise(() =>
          client.insert({
            table: name,
            values: Readable.from([
              { a: 3, b: "s" },
              { a: 4, b: "t" },
            ]),
            format: "JSONEachRow",
          }),
        )
        yield* Effect.promise(() =>
          client.insert({ table: name, values: [[5, "five"]], format: "JSONCompactEachRow", columns: ["a", "b"] }),
        )
        yield* Effect.promise(() =>
          client.insert({
            table: name,
            values: Readable.from(["6,six,C\n7,seven,C\n"], { objectMode: false }),
            format: "CSV",
          }),
        )
        assert.deepStrictEqual(yield* content, [
          { a: 1, b: "x\ny\t\\ é", c: "d1" },
          { a: 2, b: "", c: "d2" },
          { a: 3, b: "s", c: "d3" },
          { a: 4, b: "t", c: "d4" },
          { a: 5, b: "five", c: "d5" },
          { a: 6, b: "six", c: "C" },
          { a: 7, b: "seven", c: "C" },
        ])
      }
    }),
  )

  it.effect("takes every format, with the statement in the URL or before the data", () =>
    Effect.gen(function* () {
      const { content } = yield* fresh("formats")
      const send = (sql: string, data: Uint8Array<ArrayBuffer>, headers = {}) =>
        Effect.gen(function* () {
          const inUrl = yield* raw(data, { query: sql }, { headers })
          assert.strictEqual(inUrl.status, 200, `${sql}: ${yield* Effect.promise(() => inUrl.text())}`)
          return inUrl
        })
      yield* send("INSERT INTO formats (a, b) FORMAT TabSeparated", Buffer.from("1\tone\n"))
      yield* send("INSERT INTO formats (a, b) FORMAT CSV", Buffer.from('2,"tw\no"\n'))
      // The first byte of this row is a line break: it must not be taken for the end of the statement.
      yield* send("INSERT INTO formats (a, b) FORMAT RowBinary", Buffer.from([10, 0, 0, 0, 3, 0, 10, 255]))
      yield* send("INSERT INTO formats (a, b) VALUES", Buffer.from("(3, 'three'), (4, 'fo;ur')"))
      yield* send("INSERT INTO formats (a, b) FORMAT JSONEachRow", gzipSync('{"a":5,"b":"five"}'), {
        "content-encoding": "gzip",
      })
      yield* send("INSERT INTO formats (a, b) FORMAT JSONEachRow", zstdCompressSync('{"a":6,"b":"six"}'), {
        "content-encoding": "zstd",
      })
      yield* send("INSERT INTO formats (a, b)", Buffer.from("VALUES (7, 'seven')"))
      const native = yield* raw("SELECT toInt32(8) AS a, 'eight' AS b FORMAT Native")
      yield* send(
        "INSERT INTO formats (a, b) FORMAT Native",
        Buffer.from(yield* Effect.promise(() => native.arrayBuffer())),
      )
      for (const body of [
        "INSERT INTO formats (a, b) FORMAT CSV\n20,twenty\n",
        "/* c */ insert into formats (a, b) values (21, 'format x')",
        'INSERT INTO formats (a, b) SETTINGS input_format_skip_unknown_fields = 1 FORMAT JSONEachRow {"a":22,"b":"é","z":1}',
        "INSERT INTO formats (a, b) SELECT number, 'FORMAT VALUES' FROM numbers(23, 1);\n",
      ])
        assert.strictEqual((yield* raw(body)).status, 200, body)
      const binary = yield* raw(
        Buffer.concat([
          Buffer.from("INSERT INTO formats (a, b) FORMAT RowBinary\n"),
          Buffer.from([24, 0, 0, 0, 1, 65]),
        ]),
      )
      assert.strictEqual(binary.status, 200)
      const all = (yield* content).map(({ a, b }) => [a, b])
      assert.deepStrictEqual(all, [
        [1, "one"],
        [2, "tw\no"],
        [3, "three"],
        [4, "fo;ur"],
        [5, "five"],
        [6, "six"],
        [7, "seven"],
        [8, "eight"],
        [10, "\0\n\ufffd"],
        [20, "twenty"],
        [21, "format x"],
        [22, "é"],
        [23, "FORMAT VALUES"],
        [24, "A"],
      ])
    }),
  )

  it.effect("takes more than it holds in memory at once, and loses no row at a boundary", () =>
    Effect.gen(function* () {
      const { client } = yield* fresh("large")
      const n = 60_000
      const lines = Readable.from(
        (function* () {
          for (let a = 0; a < n; a++) yield { a, b: `${a} }\n{ `.padEnd(700, "}") }
        })(),
      )
      yield* Effect.promise(() => client.insert({ table: "large", values: lines, format: "JSONEachRow" }))
      assert.deepStrictEqual(
        yield* rows(
          client,
          "SELECT toUInt32(count()) AS n, toUInt32(uniqExact(a)) AS u, toUInt32(min(length(b))) AS l FROM large",
        ),
        [{ n, u: n, l: 700 }],
      )
    }),
  )

  it.effect("counts what INSERT … SELECT writes, refuses bad data, and refuses input()", () =>
    Effect.gen(function* () {
      const { client, content } = yield* fresh("counted")
      const done = yield* Effect.promise(() =>
        client.command({ query: "INSERT INTO counted (a) SELECT number FROM numbers(7)" }),
      )
      assert.strictEqual(done.summary?.written_rows, "7")
      const insert = (a: string) => client.insert({ table: "counted", values: [{ a }], format: "JSONEachRow" })
      assert.strictEqual((yield* serverError(insert("x"))).code, "27")
      assert.strictEqual(
        (yield* serverError(client.insert({ table: "absent", values: [{ a: 1 }], format: "JSONEachRow" }))).code,
        "60",
      )
      const input = yield* raw("3,zz\n", {
        query: "INSERT INTO counted (a, b) SELECT a, b FROM input('a Int32, b String') FORMAT CSV",
      })
      assert.strictEqual(input.status, 501)
      assert.strictEqual((yield* raw("", { query: "INSERT INTO counted (a) FORMAT CSV" })).status, 200)
      assert.strictEqual((yield* content).length, 7)
    }),
  )
})
