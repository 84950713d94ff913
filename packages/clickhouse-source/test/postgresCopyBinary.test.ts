/** Golden vectors of COPY's binary format: what the engine writes for each type, beside bytes spelled out from the manual. */
import { FieldType } from "@batch-exports/core"
import { assert, describe, it as plain, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { postgresCopyBinary } from "../src/encodings/postgresCopyBinary.ts"
import * as Settings from "../src/query/settings.ts"
import { cast } from "../src/values/cast.ts"
import type { Value } from "../src/values/Value.ts"
import { client, collect, configured, projection, readAll } from "./support/reading.ts"
import { table, uuid } from "./support/table.ts"

const T = FieldType
const value = (type: FieldType.FieldType, sql: string, nullable = false): Value => ({ type, sql, nullable })
const none = (type: FieldType.FieldType, sqlType: string) => value(type, `CAST(NULL, 'Nullable(${sqlType})')`, true)
const some = (type: FieldType.FieldType, sqlType: string, sql: string) =>
  value(type, `CAST(${sql}, 'Nullable(${sqlType})')`, true)
const instant = (at: string) => value(T.timestamp(6), `toDateTime64('${at}', 6, 'UTC')`)
const list = (of: FieldType.FieldType, elements: string, type: string) =>
  value(T.list(of), `CAST([${elements}], 'Array(${type})')`)

/** A value, the column's type as `format_type` says it, and the field: length and value, with spaces for the eye. */
const cases: ReadonlyArray<readonly [Value, FieldType.FieldType, targetType: string, hex: string]> = [
  [value(T.bool, "true"), T.bool, "boolean", "00000001 01"],
  [value(T.bool, "false"), T.bool, "boolean", "00000001 00"],
  [some(T.bool, "Bool", "true"), T.bool, "boolean", "00000001 01"],
  [none(T.bool, "Bool"), T.bool, "boolean", "ffffffff"],
  [value(T.int16, "toInt16(-32768)"), T.int16, "smallint", "00000002 8000"],
  [value(T.int32, "toInt32(-2)"), T.int32, "integer", "00000004 fffffffe"],
  [value(T.int32, "toInt32(2147483647)"), T.int64, "bigint", "00000008 000000007fffffff"],
  [some(T.int32, "Int32", "-1"), T.int64, "bigint", "00000008 ffffffffffffffff"],
  [none(T.int32, "Int32"), T.int64, "bigint", "ffffffff"],
  [value(T.int64, "toInt64('-9223372036854775808')"), T.int64, "bigint", "00000008 8000000000000000"],
  [value(T.int64, "toInt64(4294967297)"), T.int32, "integer", "00000004 7fffffff"],
  [value(T.int64, "toInt64(7)"), T.text(20), "character varying(20)", "00000001 37"],
  [value(T.float32, "toFloat32(-0.5)"), T.float32, "real", "00000004 bf000000"],
  [value(T.float32, "toFloat32(-0.5)"), T.float64, "double precision", "00000008 bfe0000000000000"],
  [value(T.float64, "-0."), T.float64, "double precision", "00000008 8000000000000000"],
  [value(T.float64, "nan"), T.float64, "double precision", "00000008 7ff8000000000000"],
  [value(T.float64, "-inf"), T.float64, "double precision", "00000008 fff0000000000000"],
  [value(T.float64, "0.1"), T.float64, "double precision", "00000008 3fb999999999999a"],
  [none(T.float64, "Float64"), T.float64, "double precision", "ffffffff"],
  [value(T.text(), "'aé\\t\\\\N'"), T.text(), "text", "00000006 61c3a9095c4e"],
  [value(T.text(), "''"), T.text(), "text", "00000000"],
  [some(T.text(), "String", "'NULL'"), T.text(), "text", "00000004 4e554c4c"],
  [some(T.text(), "String", "''"), T.text(), "text", "00000000"],
  [none(T.text(), "String"), T.text(), "text", "ffffffff"],
  [value(T.text(), "'äöü'"), T.text(2), "character varying(2)", "00000004 c3a4c3b6"],
  [value(T.text(), "'a'"), T.text(3), "character(3)", "00000001 61"],
  [value(T.text(), "'a'"), T.text(), "bpchar", "00000001 61"],
  [value(T.json, `'{"a":1}'`), T.json, "jsonb", "00000008 01 7b2261223a317d"],
  [some(T.json, "String", "'[]'"), T.json, "jsonb", "00000003 01 5b5d"],
  [none(T.json, "String"), T.json, "jsonb", "ffffffff"],
  [value(T.json, "'[]'"), T.json, "json", "00000002 5b5d"],
  [none(T.json, "String"), T.json, "json", "ffffffff"],
  [value(T.json, "'[]'"), T.text(), "text", "00000002 5b5d"],
  [
    value(T.uuid, "toUUID('00112233-4455-6677-8899-aabbccddeeff')"),
    T.uuid,
    "uuid",
    "00000010 00112233445566778899aabbccddeeff",
  ],
  [value(T.text(), "'no id'"), T.uuid, "uuid", "ffffffff"],
  [value(T.uuid, `toUUID('${uuid(1)}')`), T.text(36), "character varying(36)", `00000024 ${ascii(uuid(1))}`],
  [value(T.bytes, "unhex('00ff0a')"), T.bytes, "bytea", "00000003 00ff0a"],
  [none(T.bytes, "String"), T.bytes, "bytea", "ffffffff"],
  [value(T.date, "toDate32('2000-01-01')"), T.date, "date", "00000004 00000000"],
  [value(T.date, "toDate32('1999-12-31')"), T.date, "date", "00000004 ffffffff"],
  [value(T.date, "toDate32('1900-01-01')"), T.date, "date", "00000004 ffff7154"],
  [none(T.date, "Date32"), T.date, "date", "ffffffff"],
  [instant("2000-01-01 00:00:00"), T.timestamp(6), "timestamp with time zone", "00000008 0000000000000000"],
  [instant("1999-12-31 23:59:59.999999"), T.timestamp(6), "timestamp with time zone", "00000008 ffffffffffffffff"],
  [instant("2026-01-31 13:00:00.123456"), T.timestamp(6), "timestamp with time zone", "00000008 0002ecad6fa6d640"],
  [instant("2000-01-01 00:00:00.0015"), T.timestamp(3), "timestamp(3) with time zone", "00000008 00000000000007d0"],
  [instant("2000-01-01 00:00:00.000001"), T.timestamp(6), "timestamp without time zone", "00000008 0000000000000001"],
  [instant("2000-01-01 00:00:01"), T.timestamp(0), "timestamp(0) with time zone", "00000008 00000000000f4240"],
  [none(T.timestamp(6), "DateTime64(6, \\'UTC\\')"), T.timestamp(6), "timestamp with time zone", "ffffffff"],
  [list(T.text(), "", "String"), T.list(T.text()), "text[]", "0000000c 00000000 00000000 00000019"],
  [
    list(T.text(), "'', 'é', 'NULL'", "String"),
    T.list(T.text()),
    "text[]",
    "00000026 00000001 00000000 00000019 00000003 00000001 00000000 00000002c3a9 000000044e554c4c",
  ],
  [
    list(T.text(), "'a', NULL", "Nullable(String)"),
    T.list(T.text()),
    "character varying(5)[]",
    "0000001d 00000001 00000001 00000413 00000002 00000001 0000000161 ffffffff",
  ],
  [
    list(T.int32, "1", "Int32"),
    T.list(T.int64),
    "bigint[]",
    "00000020 00000001 00000000 00000014 00000001 00000001 00000008 0000000000000001",
  ],
  [
    list(T.bool, "true, false", "Bool"),
    T.list(T.bool),
    "boolean[]",
    "0000001e 00000001 00000000 00000010 00000002 00000001 00000001 01 00000001 00",
  ],
  [
    list(T.json, "'{}'", "String"),
    T.list(T.json),
    "jsonb[]",
    "0000001b 00000001 00000000 00000eda 00000001 00000001 00000003 01 7b7d",
  ],
  [
    list(T.uuid, `toUUID('${uuid(1)}')`, "UUID"),
    T.list(T.uuid),
    "uuid[]",
    `00000028 00000001 00000000 00000b86 00000001 00000001 00000010 ${uuid(1).replaceAll("-", "")}`,
  ],
  [
    list(T.timestamp(6), "toDateTime64('2000-01-01 00:00:00.000001', 6, 'UTC')", "DateTime64(6, \\'UTC\\')"),
    T.list(T.timestamp(6)),
    "timestamp with time zone[]",
    "00000020 00000001 00000000 000004a0 00000001 00000001 00000008 0000000000000001",
  ],
]

function ascii(text: string): string {
  return Buffer.from(text).toString("hex")
}

describe("COPY in binary refuses", () => {
  for (const [type, targetType] of [
    [T.decimal(10, 2), "numeric(10,2)"],
    [T.inet, "inet"],
    [T.text(), "citext"],
    [T.text(), "jsonb"],
    [T.text(), "public.text"],
    [T.text(), '"char"'],
    [T.json, "text"],
    [T.int32, "bigint"],
    [T.int32, "date"],
    [T.float64, "real"],
    [T.date, "timestamp without time zone"],
    [T.timestamp(6), "bigint"],
    [T.text(), "constructor"],
    [T.text(), "text[]"],
    [T.list(T.text()), "text"],
    [T.list(T.text()), "jsonb[]"],
    [T.list(T.inet), "inet[]"],
    [T.list(T.list(T.text())), "text[]"],
  ] as const) {
    plain(`${T.format(type)} for ${targetType}`, () => {
      const cell = { value: value(type, "x"), targetType, index: 0, columns: 1 }
      assert.isUndefined(postgresCopyBinary.write(cell))
    })
  }
})

layer(ClickHouseServer.layer)("COPY in binary", (it) => {
  it.effect("has the bytes of the manual for every type", () =>
    Effect.gen(function* () {
      const connection = yield* client(yield* ClickHouseServer)
      const written = cases.flatMap(([from, as, targetType], index) => {
        const to = cast(from, as)
        const column = to && postgresCopyBinary.write({ value: to, targetType, index, columns: cases.length })
        if (column === undefined) throw new Error(`${T.format(from.type)} as ${targetType}`)
        return column
      })
      const select = `SELECT ${written.map(({ sql }, index) => `${sql} AS batch_c${index}`).join(", ")}`
      // NULL would come out as two characters of text among the bytes.
      const described = yield* Effect.promise(() =>
        connection
          .query({ query: `DESCRIBE (${select})`, format: "JSONEachRow" })
          .then((result) => result.json<{ type: string }>()),
      )
      assert.deepStrictEqual(
        described.map(({ type }) => type).filter((type) => type.includes("Nullable")),
        [],
      )
      const row = written.map(({ escaping }, index) => `\${batch_c${index}:${escaping}}`).join("")
      const { stream } = yield* Effect.promise(() =>
        connection.exec({
          query: `${select} FORMAT Template`,
          clickhouse_settings: { ...Settings.always, ...Settings.template(row, "end") },
        }),
      )
      const bytes = yield* Effect.promise(() => collect(stream))
      const [count, ...fields] = fieldsOf(bytes.subarray(0, -4))
      assert.strictEqual(bytes.subarray(-4).toString(), "end1")
      assert.strictEqual(count, cases.length.toString(16).padStart(4, "0"))
      assert.deepStrictEqual(
        fields.map((field, index) => [cases[index]?.[2], field]),
        cases.map(([, , targetType, hex]) => [targetType, hex.replaceAll(" ", "")]),
      )
    }),
  )

  it.effect("writes no NULL where a value is wrongly said never to be one", () =>
    Effect.gen(function* () {
      const connection = yield* client(yield* ClickHouseServer)
      const lying = { ...none(T.text(), "String"), nullable: false }
      const column = postgresCopyBinary.write({ value: lying, targetType: "text", index: 0, columns: 1 })
      const rows = yield* Effect.promise(() =>
        connection
          .query({ query: `SELECT hex(${column?.[0].sql})`, format: "TabSeparated" })
          .then((result) => result.text()),
      )
      assert.strictEqual(rows, "0001FFFFFFFF\n")
    }),
  )

  it.effect("writes an event, and stops at a key that does not fit", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* table(yield* client(server), [{ event: "é\t", properties: "", teamId: 5 }])
      const opened = yield* configured(server, { selection: { table: name, teamId: "all" } }).open
      const columns = {
        event: { targetType: "character varying(200)" },
        properties: { targetType: "jsonb" },
        team_id: { targetType: "integer", as: T.int32, unfit: "fail" as const },
      }
      const read = yield* readAll(opened, { projection: projection(opened.model, "postgres-copy-binary", columns) })
      assert.strictEqual(
        read.bytes.toString("hex"),
        ["0003", "00000003c3a909", "ffffffff", "0000000400000005"].join(""),
      )
      const narrow = { ...columns, event: { ...columns.event, as: T.text(1), unfit: "fail" as const } }
      const error = yield* Effect.flip(
        readAll(opened, { projection: projection(opened.model, "postgres-copy-binary", narrow) }),
      )
      assert.strictEqual(error.reason, "ValueUnfit")
      assert.include(error.message, "event")
    }),
  )
})

/** The number of fields, then each with its length, in hexadecimal digits. */
const fieldsOf = (row: Buffer): ReadonlyArray<string> => {
  const found = [row.toString("hex", 0, 2)]
  for (let at = 2; at < row.length;) {
    const end = at + 4 + Math.max(0, row.readInt32BE(at))
    found.push(row.toString("hex", at, end))
    at = end
  }
  return found
}
