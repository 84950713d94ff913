/**
 * Every field type into every type of column that takes it, by itself and as elements of a list, in each format: hostile texts,
 * documents and the ends of ranges go from ClickHouse into Postgres, and what Postgres says is compared with what ClickHouse holds.
 */
import { Window } from "@batch-exports/core"
import { ClickHouseServer, PostgresServer } from "@batch-exports/dev-services"
import { cleanText, hostileDocuments, hostileTexts, storedDocument } from "@batch-exports/fixtures"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { randomInt, randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { builtIn, Config, runExport } from "../src/index.ts"
import { clickHouseClient, postgresClient } from "./support/clients.ts"

/** For each field type of the page: a column of ClickHouse, and values that come in turns. Text and documents have their own. */
const sources: Readonly<Record<string, readonly [declared: string, values: ReadonlyArray<string>]>> = {
  bool: ["Nullable(Bool)", ["true", "false", "NULL"]],
  int16: ["Nullable(Int16)", ["-32768", "32767", "0", "NULL"]],
  int32: ["Int32", ["-2147483648", "2147483647", "-1"]],
  int64: ["Int64", ["-9223372036854775808", "9223372036854775807", "1"]],
  float32: ["Float32", ["0.1", "nan", "inf", "-inf", "-0.0", "3.4028235e38", "1e-45"]],
  float64: ["Float64", ["0.1", "nan", "inf", "-inf", "-0.0", "1.7976931348623157e308", "5e-324"]],
  "decimal(20,4)": ["Decimal(20, 4)", ["'9999999999999999.9999'", "'-0.0001'", "'10'"]],
  text: ["String", []],
  json: ["String", []],
  uuid: ["UUID", ["'61f0c404-5cb3-11e7-907b-a6006ad3dba0'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"]],
  date: ["Date32", ["'1900-01-01'", "'2299-12-31'", "'1970-01-01'", "'1999-12-31'", "'2000-02-29'"]],
  "timestamp(6)": [
    "DateTime64(6, 'UTC')",
    ["'1900-01-01 00:00:00.000001'", "'2299-12-31 23:59:59.999999'", "'1999-12-31 23:59:59.5'"],
  ],
  inet: ["IPv6", ["'::'", "'2001:db8::1'", "'::ffff:1.2.3.4'"]],
}

interface Pair {
  readonly field: string
  readonly column: string
  readonly binary: boolean
}

/** As docs/postgres.md lists them. */
const pairs: ReadonlyArray<Pair> = (() => {
  const page = readFileSync(new URL("../../../docs/postgres.md", import.meta.url), "utf8")
  const table = page.split("<!-- pairs: begin")[1]?.split("<!-- pairs: end -->")[0] ?? ""
  const names = (cell = "") => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)
  return Array.from(table.matchAll(/^\| ([a-z][^|]*) \| `[^|]*` \| ([^|]*)\|([^|]*)\|$/gm)).flatMap(
    ([, field = "", binary, text]) => [
      ...names(binary).map((column) => ({ field, column, binary: true })),
      ...names(text).map((column) => ({ field, column, binary: false })),
    ],
  )
})()

/** What goes in binary, with values of any bits: broken text, instants and dates far outside of the calendar, NaN of every kind. */
const bits = [
  "Bool",
  "UInt8",
  "Int16",
  "Nullable(Int32)",
  "UInt32",
  "Nullable(Int64)",
  "Float32",
  "Nullable(Float64)",
  "Nullable(String)",
  "FixedString(5)",
  "LowCardinality(Nullable(String))",
  "Enum8('a' = 1, 'b c' = -3)",
  "Nullable(UUID)",
  "Nullable(Date32)",
  "DateTime('UTC')",
  "DateTime64(0, 'UTC')",
  "Nullable(DateTime64(6, 'UTC'))",
  "DateTime64(7, 'UTC')",
  "DateTime64(8, 'UTC')",
  "DateTime64(9, 'UTC')",
  "Map(String, Array(Float32))",
  "Tuple(a String, b Nullable(Int8))",
  "Array(Array(String))",
  "Array(Nullable(Int32))",
  "Array(Nullable(String))",
  "Array(LowCardinality(String))",
  "Array(Nullable(Float64))",
  "Array(Nullable(UUID))",
  "Array(Nullable(Bool))",
  "Array(Date32)",
  "Array(Nullable(DateTime64(6, 'UTC')))",
  "Array(DateTime64(9, 'UTC'))",
]

const hex = (bytes: Uint8Array) => `unhex('${Buffer.from(bytes).toString("hex")}')`
const rows = Math.max(hostileTexts.length, hostileDocuments.length)
const bytesOf = (field: string, row: number): Uint8Array =>
  (field === "json" ? hostileDocuments[row]?.bytes : hostileTexts[row]?.bytes) ?? Buffer.of()

/** One text for a value, from ClickHouse's JSON or from Postgres' text. */
const plain = (field: string, value: string | number | boolean | null): string | null => {
  if (value === null) return null
  const text = String(value)
  if (field.startsWith("float")) {
    const number = Number(text.replace(/^(-?)inf$/i, "$1Infinity"))
    return String(field === "float32" ? Math.fround(number) : number)
  }
  if (field.startsWith("timestamp")) {
    const [, seconds = text, fraction = ""] = /^(.{10}[ T].{8})(?:\.(\d+))?/.exec(text) ?? []
    return `${seconds.replace("T", " ")}.${fraction.padEnd(6, "0")}`
  }
  if (field.startsWith("decimal")) return text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "")
  return text
}

/** What Postgres must say of the value of a row. */
const expected = ({ column, field }: Pair, row: number, given: string | number | boolean | null): string | null => {
  if (field === "json") {
    const stored = storedDocument(bytesOf(field, row))
    return column === "text" ? stored.sent : stored.canonical
  }
  if (field !== "text") return plain(field, given)
  const { text } = cleanText(bytesOf(field, row))
  // Blanks at the end are no part of what `char` holds.
  return column === "char" ? text.replace(/ +$/, "") : text
}

const found = ({ column, field }: Pair, value: string | null): string | null => {
  if (value === null) return null
  if (field === "json") return column === "text" ? value : storedDocument(Buffer.from(value)).canonical
  // As text, an address without a mask has one.
  if (field === "inet") return value.replace(/\/128$/, "")
  return field === "text" ? value : plain(field, value)
}

const typeOf = (column: string) => (column === "char" ? "bpchar" : column)

const connected = Effect.gen(function* () {
  const [ch, pg] = [yield* ClickHouseServer, yield* PostgresServer]
  const clickHouse = yield* clickHouseClient(ch)
  const postgres = yield* postgresClient(pg)
  return { clickHouse, postgres }
})

/** One export of a table of ClickHouse's, in this format, into a table that is called like it. */
const exported = Effect.fnUntraced(function* (schema: string, format: string, model: object) {
  const [ch, pg] = [yield* ClickHouseServer, yield* PostgresServer]
  const { exports } = yield* Effect.fromResult(
    Config.decode(
      {
        sources: { app: { type: "clickhouse", url: ch.url, user: ch.user, password: ch.password } },
        destinations: {
          warehouse: {
            type: "postgres",
            host: pg.host,
            port: pg.port,
            user: pg.user,
            password: pg.password,
            database: pg.database,
            schema,
            table: format,
            selfSigned: true,
            copyFormat: format,
          },
        },
        exports: { [format]: { model: { name: "table", time: "at", ...model }, destination: "warehouse" } },
      },
      builtIn,
    ),
  )
  const { outcome } = yield* runExport({
    export: exports.get(format)!,
    window: Result.getOrThrow(Window.parse("2026-01-31T10:00:00Z/2026-01-31T11:00:00Z")),
    runId: randomUUID(),
  })
  return outcome
})

layer(Layer.merge(ClickHouseServer.layer, PostgresServer.layer), { timeout: 120_000 })("every pair of types", (it) => {
  it.effect("arrives as it is, in either format", () =>
    Effect.gen(function* () {
      const { clickHouse, postgres } = yield* connected
      const schema = `pairs_${randomUUID().slice(0, 8)}`
      const extensions = yield* Effect.promise(async () => {
        await postgres.query(`CREATE SCHEMA ${schema}`)
        const { rows: available } = await postgres.query<{ name: string }>(
          "SELECT name FROM pg_available_extensions WHERE name = 'citext'",
        )
        if (available.length > 0) await postgres.query("CREATE EXTENSION IF NOT EXISTS citext")
        return available.length
      })
      const fields = Object.keys(sources)
      const nameOf = (field: string) => `f${fields.indexOf(field)}`
      const given = yield* Effect.promise(async () => {
        const columns = fields.flatMap((field) => {
          const [declared = ""] = sources[field] ?? []
          const element = declared.startsWith("Nullable") ? declared : `Nullable(${declared})`
          return [`${nameOf(field)} ${declared}`, `${nameOf(field)}_list Array(${element})`]
        })
        await clickHouse.command({
          query: `CREATE TABLE ${schema} (id UInt16, at DateTime('UTC'), ${columns.join(", ")}) ENGINE = MergeTree ORDER BY id`,
        })
        const values = Array.from({ length: rows }, (_, row) => {
          const own = fields.flatMap((field) => {
            const [, inTurns = []] = sources[field] ?? []
            const value = inTurns.length === 0 ? hex(bytesOf(field, row)) : (inTurns[row % inTurns.length] ?? "NULL")
            return [value, `[${value}, NULL]`]
          })
          return `(${row}, '2026-01-31 10:00:00', ${own.join(", ")})`
        })
        for (let from = 0; from < values.length; from += 20) {
          await clickHouse.command({
            query: `INSERT INTO ${schema} VALUES ${values.slice(from, from + 20).join(", ")}`,
            clickhouse_settings: { max_query_size: "100000000", max_ast_elements: "1000000" },
          })
        }
        const result = await clickHouse.query({
          query: `SELECT ${fields.map((field) => (field === "text" || field === "json" ? `'' AS ${nameOf(field)}` : nameOf(field))).join(", ")} FROM ${schema} ORDER BY id`,
          format: "JSONEachRow",
          clickhouse_settings: {
            output_format_json_quote_64bit_integers: 1,
            output_format_json_quote_decimals: 1,
            output_format_json_quote_denormals: 1,
          },
        })
        return result.json<Readonly<Record<string, string | number | boolean | null>>>()
      })
      assert.strictEqual(given.length, rows)
      // The others are what no column of ClickHouse's is.
      const tested = pairs.filter(
        ({ column, field }) => fields.includes(field) && (column !== "citext" || extensions > 0),
      )
      assert.deepStrictEqual(
        [...new Set(pairs.map(({ field }) => field))].filter((field) => !fields.includes(field)),
        ["text(200)", "bytes"],
      )
      for (const format of ["binary", "text"]) {
        const own = tested.filter(({ binary }) => binary || format === "text")
        // Documents have no lists of their own: an array of them is a document.
        const columns = own.flatMap((pair, index) => [
          { pair, name: `c${index}`, from: nameOf(pair.field), list: false },
          ...(pair.field === "json"
            ? []
            : [{ pair, name: `l${index}`, from: `${nameOf(pair.field)}_list`, list: true }]),
        ])
        const types = columns.map(({ list, name, pair }) => `${name} ${typeOf(pair.column)}${list ? "[]" : ""}`)
        yield* Effect.promise(() =>
          postgres.query(`CREATE TABLE ${schema}.${format} (id INTEGER, ${types.join(", ")})`),
        )
        const outcome = yield* exported(schema, format, {
          table: schema,
          json: [nameOf("json")],
          columns: ["id", ...columns.map(({ from, name }) => ({ name, from }))],
        })
        if (outcome._tag !== "Exported") throw new Error(outcome._tag)
        assert.strictEqual(outcome.encoding, `postgres-copy-${format}`)
        const select = columns.map(({ list, name }) =>
          list
            ? `CASE WHEN array_length(${name}, 1) = 2 AND array_lower(${name}, 1) = 1 AND ${name}[2] IS NULL THEN ${name}[1]::text ELSE 'another list' END AS ${name}`
            : `${name}::text AS ${name}`,
        )
        const { rows: stored } = yield* Effect.promise(() =>
          postgres.query<Record<string, string | null>>(
            `SELECT ${select.join(", ")} FROM ${schema}.${format} ORDER BY id`,
          ),
        )
        assert.strictEqual(stored.length, rows)
        for (const [row, record] of stored.entries()) {
          for (const { list, name, pair } of columns) {
            assert.strictEqual(
              found(pair, record[name] ?? null),
              expected(pair, row, given[row]?.[nameOf(pair.field)] ?? null),
              `${pair.field} in ${pair.column}${list ? "[]" : ""}, ${format}, row ${row}`,
            )
          }
        }
      }
    }).pipe(Effect.scoped),
  )

  it.effect("holds the same in either format, whatever bits a value has", () =>
    Effect.gen(function* () {
      const { clickHouse, postgres } = yield* connected
      const seed = randomInt(1_000_000)
      console.log(`random values of every type, seed ${seed}`)
      const schema = `bits_${randomUUID().slice(0, 8)}`
      const declared = bits.map((type, index) => `c${index} ${type}`).join(", ")
      yield* Effect.promise(async () => {
        await postgres.query(`CREATE SCHEMA ${schema}`)
        await clickHouse.command({
          query: `CREATE TABLE ${schema} ENGINE = MergeTree ORDER BY id AS
            SELECT toInt32(rowNumberInAllBlocks()) AS id, toDateTime('2026-01-31 10:00:00', 'UTC') AS at, * FROM generateRandom('${declared.replaceAll("'", "\\'")}', ${seed}, 12, 5) LIMIT 300`,
          clickhouse_settings: { allow_suspicious_low_cardinality_types: 1 },
        })
      })
      const tallies = []
      for (const format of ["binary", "text"]) {
        const outcome = yield* exported(schema, format, { table: schema })
        if (outcome._tag !== "Exported") throw new Error(outcome._tag)
        assert.strictEqual(outcome.encoding, `postgres-copy-${format}`)
        assert.strictEqual(outcome.stored.received, 300)
        // None was refused, and read once more.
        assert.notInclude(outcome.notices.join(), "refused")
        tallies.push(outcome.sent)
      }
      assert.deepStrictEqual(tallies[0], tallies[1])
      const [binary, text] = ["binary", "text"].map((table) => `SELECT * FROM ${schema}.${table}`)
      const { rows: different } = yield* Effect.promise(() =>
        postgres.query(`(${binary} EXCEPT ALL ${text}) UNION ALL (${text} EXCEPT ALL ${binary}) LIMIT 3`),
      )
      assert.deepStrictEqual(different, [])
    }).pipe(Effect.scoped),
  )
})
