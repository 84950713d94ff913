/** Files of every format hold the same records: read back by DuckDB and by ClickHouse, and compared with what jsonl says. */
import { Window } from "@batch-exports/core"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { hostileDocuments, hostileTexts } from "@batch-exports/fixtures"
import type { ClickHouseClient } from "@clickhouse/client"
import { DuckDBInstance } from "@duckdb/node-api"
import { assert, layer } from "@effect/vitest"
import { Effect, Result } from "effect"
import { randomUUID } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { builtIn, Config, runExport } from "../src/index.ts"
import { clickHouseClient } from "./support/clients.ts"

/** Columns with a hard value or two for each, a type of DuckDB's to read CSV as, and whether jsonl has the same text as DuckDB. */
const columns = {
  id: ["UInt32", "toUInt32(number)", "BIGINT"],
  b: ["Nullable(Bool)", "if(number = 1, NULL, toBool(number = 2))", "BOOLEAN"],
  small: ["Int16", "if(number = 0, -32768, 32767)", "SMALLINT"],
  n: ["Int32", "if(number = 0, -2147483648, 2147483647)", "INTEGER"],
  big: ["Int64", "if(number = 0, -9223372036854775807 - 1, 9223372036854775807)", "BIGINT"],
  u: ["UInt64", "toUInt64(18446744073709551615)", "DECIMAL(20, 0)"],
  huge: ["UInt128", "toUInt128('340282366920938463463374607431768211455')", "VARCHAR"],
  money: [
    "Nullable(Decimal(38, 10))",
    "if(number = 1, NULL, toDecimal128('-1234567890123456789012345678.0123456789', 10))",
    "DECIMAL(38, 10)",
  ],
  f: ["Float64", "[0.1, nan, inf, -inf, -0.0, 1e300, 5e-324][number % 7 + 1]", "DOUBLE"],
  t: ["Nullable(String)", "if(number = 1, NULL, t)", "VARCHAR"],
  doc: ["String", "doc", "VARCHAR"],
  uid: ["Nullable(UUID)", "if(number = 1, NULL, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'))", "UUID"],
  ip: ["IPv6", "toIPv6('2001:db8::1')", "VARCHAR"],
  day: ["Date32", "if(number = 0, toDate32('1900-01-01'), toDate32('2299-12-31'))", "DATE"],
  sec: ["DateTime('Europe/Paris')", "toDateTime('2026-07-01 10:00:00', 'UTC')", "TIMESTAMP"],
  at: ["DateTime64(6, 'UTC')", "toDateTime64('2026-01-31 10:00:00.123456', 6, 'UTC')", "TIMESTAMP"],
  tags: ["Array(Nullable(String))", "if(number = 0, ['a', NULL, ''], [t])", "VARCHAR"],
  sums: ["Array(Decimal(10, 2))", "[toDecimal64('9.90', 2)]", "VARCHAR"],
} as const

/** What ClickHouse does not read out of quotes as what it is. */
const asText = new Set<string>(["b", "doc", "tags", "sums", "ip", "sec", "at"])

const names = Object.keys(columns) as ReadonlyArray<keyof typeof columns>

type Line = Readonly<Record<string, unknown>>

/** One text for a value, however it was read. */
const plain = (name: keyof typeof columns, value: unknown): string | null => {
  if (value === null) return null
  // DuckDB's client takes a mark at the start of a text for no part of it.
  const text = (typeof value === "object" ? JSON.stringify(value) : `${value as string | number | boolean}`).replaceAll(
    "\uFEFF",
    "",
  )
  // jsonl has one word for a document that is null and for none, and no line breaks between tokens.
  if (name === "doc") return text === "null" ? null : text.replaceAll(/[\r\n]/g, " ")
  if (name === "f") return String(Number(text.replace(/^(-?)inf$/i, "$1Infinity")))
  if (name === "sec" || name === "at")
    return text
      .replace("T", " ")
      .replace(/(?:Z|\+00)$/, "")
      .replace(/\.000$/, "")
  if (name === "tags" || name === "sums")
    return JSON.stringify((JSON.parse(text) as Array<string | number | null>).map((one) => one?.toString() ?? null))
  return text
}

const hex = (bytes: Uint8Array) => `unhex('${Buffer.from(bytes).toString("hex")}')`

layer(ClickHouseServer.layer, { timeout: 120_000 })("files", (it) => {
  const world = Effect.gen(function* () {
    const ch = yield* ClickHouseServer
    const client = yield* clickHouseClient(ch)
    const base = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-exports-files-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
    )
    const table = `filed_${randomUUID().slice(0, 8)}`
    const rows = Math.max(hostileTexts.length, hostileDocuments.length)
    yield* Effect.promise(async () => {
      const types = names.map((name) => `${name} ${columns[name][0]}`)
      await client.command({ query: `CREATE TABLE ${table} (${types.join(", ")}) ENGINE = MergeTree ORDER BY id` })
      for (let from = 0; from < rows; from += 40) {
        const given = Array.from({ length: Math.min(40, rows - from) }, (_, index) => {
          const [text, document] = [hostileTexts[from + index], hostileDocuments[from + index]]
          return `(${from + index}, ${hex(text?.bytes ?? Buffer.of())}, ${hex(document?.bytes ?? Buffer.from('{"a": 1.50}'))})`
        })
        await client.command({
          query: `INSERT INTO ${table} SELECT ${names.map((name) => columns[name][1]).join(", ")} FROM values('number UInt32, t String, doc String', ${given.join(", ")})`,
          clickhouse_settings: { max_query_size: "100000000" },
        })
      }
    })
    const exported = Effect.fnUntraced(function* (
      settings: string,
      window = "2026-01-31T10:00:00Z/2026-01-31T11:00:00Z",
    ) {
      const folder = join(base, randomUUID())
      const { exports } = yield* Effect.fromResult(
        Config.decode(
          {
            sources: { app: { type: "clickhouse", url: ch.url, user: ch.user, password: ch.password } },
            destinations: { lake: { type: "file", folder, ...(JSON.parse(settings) as object) } },
            exports: { filed: { model: { name: "table", table, time: "at", json: ["doc"] }, destination: "lake" } },
          },
          builtIn,
        ),
      )
      const { outcome } = yield* runExport({
        export: exports.get("filed")!,
        window: Result.getOrThrow(Window.parse(window)),
        runId: randomUUID(),
      })
      if (outcome._tag !== "Exported") throw new Error(outcome._tag)
      const files = readdirSync(join(folder, "filed"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
      return { files: files.sort(), outcome }
    })
    return { client, table, rows, exported }
  })

  const duckDb = async (query: string): Promise<ReadonlyArray<Line>> => {
    const instance = await DuckDBInstance.create(":memory:")
    const connection = await instance.connect()
    try {
      await connection.run("SET TimeZone = 'UTC'")
      const found = await connection.runAndReadAll(query)
      return found.getRowObjectsJson()
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  }

  const clickHouse = async (client: ClickHouseClient, query: string): Promise<ReadonlyArray<Line>> => {
    const settings = {
      format_csv_null_representation: "",
      date_time_output_format: "iso",
      output_format_decimal_trailing_zeros: 1,
      output_format_json_quote_64bit_integers: 1,
      output_format_json_quote_decimals: 1,
      output_format_json_quote_denormals: 1,
      input_format_csv_empty_as_default: 0,
    } as const
    const result = await client.query({ query, format: "JSONEachRow", clickhouse_settings: settings })
    return result.json<Line>()
  }

  const same = (found: ReadonlyArray<Line>, wanted: ReadonlyArray<Line>, what: string) => {
    assert.strictEqual(found.length, wanted.length, what)
    for (const [index, row] of wanted.entries()) {
      for (const name of names) {
        const value = name === "doc" && typeof row[name] !== "string" ? row[name] : row[name]
        assert.strictEqual(plain(name, found[index]?.[name]), plain(name, value), `${what}: ${name} of row ${index}`)
      }
    }
  }

  it.effect("are read alike, whatever their format", () =>
    Effect.gen(function* () {
      const { client, exported, rows } = yield* world
      const lines = yield* exported('{"compression":"none"}')
      const wanted = readFileSync(lines.files[0]!, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line): Line => {
          // The document's own text, which JSON.parse would not give back.
          const doc = /"doc":(.*),"uid":/s.exec(line)?.[1] ?? ""
          return { ...(JSON.parse(line.replace(doc, "null")) as object), doc: doc === "null" ? null : doc }
        })
        .sort((a, b) => Number(a["id"]) - Number(b["id"]))
      assert.strictEqual(wanted.length, rows)
      const { adjusted } = lines.outcome.sent
      assert.isAbove(adjusted["t"] ?? 0, 5)
      const list = names.map((name) => `"${name}"`).join(", ")
      for (const compression of ["none", "gzip", "zstd"]) {
        const parquet = yield* exported(JSON.stringify({ format: "parquet", compression }))
        assert.strictEqual(parquet.outcome.sent.rows, rows)
        assert.deepStrictEqual(parquet.outcome.sent.adjusted, adjusted, "what was adjusted is counted all the same")
        assert.strictEqual(parquet.files.length, 1)
        const file = `'${parquet.files[0]}'`
        const read = yield* Effect.promise(() =>
          duckDb(`SELECT * REPLACE (CAST(ip AS VARCHAR) AS ip) FROM read_parquet(${file}) ORDER BY id`),
        )
        same(read, wanted, `parquet ${compression}, DuckDB`)
        const back = yield* Effect.promise(() => clickHouse(client, `SELECT * FROM file(${file}, Parquet) ORDER BY id`))
        same(back, wanted, `parquet ${compression}, ClickHouse`)
        const csv = yield* exported(JSON.stringify({ format: "csv", compression, splitBytes: 20_000 }))
        assert.isAbove(csv.files.length, 1)
        assert.deepStrictEqual(csv.outcome.sent, lines.outcome.sent)
        const paths = `[${csv.files.map((path) => `'${path}'`).join(", ")}]`
        const types = `{${names.map((name) => `'${name}': '${columns[name][2]}'`).join(", ")}}`
        const table = yield* Effect.promise(() =>
          duckDb(
            `SELECT ${list} FROM read_csv(${paths}, header = true, all_varchar = false, columns = ${types}, quote = '"', escape = '"', delim = ',', nullstr = '', allow_quoted_nulls = false, new_line = '\\n', maximum_line_size = 20000000, strict_mode = true) ORDER BY id`,
          ),
        )
        same(table, wanted, `csv ${compression}, DuckDB`)
        const structure = names.map((name) => `${name} ${asText.has(name) ? "Nullable(String)" : columns[name][0]}`)
        const union = csv.files.map(
          (path) =>
            `SELECT * FROM file('${path}', CSVWithNames, ${JSON.stringify(structure.join(", ")).replaceAll("'", "\\'").replace(/^"|"$/g, "'")})`,
        )
        const csvBack = yield* Effect.promise(() =>
          clickHouse(client, `SELECT * FROM (${union.join(" UNION ALL ")}) ORDER BY id`),
        )
        same(csvBack, wanted, `csv ${compression}, ClickHouse`)
      }
    }).pipe(Effect.scoped),
  )

  it.effect("hold nothing where there is nothing", () =>
    Effect.gen(function* () {
      const { exported } = yield* world
      const empty = yield* exported('{"format":"parquet"}', "2026-01-31T11:00:00Z/2026-01-31T12:00:00Z")
      assert.strictEqual(empty.outcome.sent.rows, 0)
      const read = yield* Effect.promise(() => duckDb(`SELECT * FROM read_parquet('${empty.files[0]}')`))
      assert.deepStrictEqual(read, [])
    }).pipe(Effect.scoped),
  )
})
