/** The bytes of both encodings that people can read, for every type that a target's column may have. */
import { FieldType } from "@batch-exports/core"
import { jsonl } from "@batch-exports/conformance/encoders"
import { assert, describe, it as plain, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { find } from "../src/encodings/index.ts"
import * as Settings from "../src/query/settings.ts"
import { cast } from "../src/values/cast.ts"
import type { Value } from "../src/values/Value.ts"
import { client, collect, configured, created, projection, readAll } from "./support/reading.ts"
import { table, uuid } from "./support/table.ts"

const T = FieldType
const value = (type: FieldType.FieldType, sql: string, nullable = false): Value => ({ type, sql, nullable })
const text = (sql: string) => value(T.text(), sql)
const json = (sql: string) => value(T.json, sql)
const int64 = (sql: string) => value(T.int64, `toInt64(${sql})`)
const instant = (at: string) => value(T.timestamp(6), `toDateTime64('${at}', 6, 'UTC')`)
const none = (type: FieldType.FieldType, sqlType: string) => value(type, `CAST(NULL, 'Nullable(${sqlType})')`, true)

/** A value, the column's type, both texts, and whether the value had to be changed. */
type Case = readonly [Value, FieldType.FieldType, jsonl: string, copyText: string, adjusted?: true]

const cases: ReadonlyArray<Case> = [
  [value(T.bool, "true"), T.bool, "true", "t"],
  [value(T.bool, "false"), T.bool, "false", "f"],
  [none(T.bool, "Bool"), T.bool, "null", "\\N"],
  [value(T.int32, "toInt32(-5)"), T.int32, "-5", "-5"],
  [none(T.int32, "Int32"), T.int64, "null", "\\N"],
  [int64("'9223372036854775807'"), T.int64, '"9223372036854775807"', "9223372036854775807"],
  [int64("2147483647"), T.int32, "2147483647", "2147483647"],
  [int64("2147483648"), T.int32, "2147483647", "2147483647", true],
  [int64("4294967297"), T.int32, "2147483647", "2147483647", true],
  [int64("-2147483649"), T.int32, "-2147483648", "-2147483648", true],
  [int64("40000"), T.int16, "32767", "32767", true],
  [int64("7"), T.decimal(20, 0), '"7"', "7"],
  [int64("-7"), T.decimal(30, 2), '"-7.00"', "-7.00"],
  [int64("7"), T.text(20), '"7"', "7"],
  [int64("7"), T.json, "7", "7"],
  [int64("9007199254740993"), T.float64, "9007199254740992", "9007199254740992", true],
  [value(T.float64, "1.5"), T.float64, "1.5", "1.5"],
  [value(T.float64, "-0."), T.float64, "-0", "-0"],
  [value(T.float64, "nan"), T.float64, '"NaN"', "nan"],
  [value(T.float64, "inf"), T.float64, '"Infinity"', "inf"],
  [value(T.float64, "-inf"), T.float32, '"-Infinity"', "-inf"],
  [none(T.float64, "Float64"), T.float64, "null", "\\N"],
  [value(T.decimal(10, 2), "toDecimal64('12.5', 2)"), T.decimal(10, 2), '"12.50"', "12.50"],
  [text("'a\\tb\\\\c\\nd\\'e\"f/g é'"), T.text(), '"a\\tb\\\\c\\nd\'e\\"f/g é"', "a\\tb\\\\c\\nd\\'e\"f/g é"],
  [text("''"), T.text(), '""', ""],
  [none(T.text(), "String"), T.text(), "null", "\\N"],
  [text("'\\\\N'"), T.text(), '"\\\\N"', "\\\\N"],
  [text("'äöü'"), T.text(3), '"äöü"', "äöü"],
  [text("'äöü'"), T.text(2), '"äö"', "äö", true],
  [none(T.text(), "String"), T.text(2), "null", "\\N"],
  [text("'a\"b'"), T.json, '"a\\"b"', '"a\\\\"b"'],
  [
    text("'6bd4d6a4-0000-4000-8000-00000000000A'"),
    T.uuid,
    '"6bd4d6a4-0000-4000-8000-00000000000a"',
    "6bd4d6a4-0000-4000-8000-00000000000a",
  ],
  [text("'no id'"), T.uuid, "null", "\\N", true],
  [text("'2001:db8::1'"), T.inet, '"2001:db8::1"', "2001:db8::1"],
  [text("'unknown'"), T.inet, "null", "\\N", true],
  [none(T.text(), "String"), T.inet, "null", "\\N"],
  [json(`'{"a":"b\\\\\\\\n", "c": 1.50}'`), T.json, '{"a":"b\\\\n", "c": 1.50}', '{"a":"b\\\\\\\\n", "c": 1.50}'],
  [json("'[1,\\r\\n2]'"), T.json, "[1,  2]", "[1,\\r\\n2]"],
  [none(T.json, "String"), T.json, "null", "\\N"],
  [json("'{\"a\":1}'"), T.text(), '"{\\"a\\":1}"', '{"a":1}'],
  [json("'{\"a\":1}'"), T.text(3), '"{\\"a"', '{"a', true],
  [value(T.uuid, `toUUID('${uuid(1)}')`), T.uuid, `"${uuid(1)}"`, uuid(1)],
  [value(T.uuid, `toUUID('${uuid(1)}')`), T.text(200), `"${uuid(1)}"`, uuid(1)],
  [value(T.bytes, "unhex('00ff0a')"), T.bytes, '"AP8K"', "\\\\x00ff0a"],
  [value(T.date, "toDate32('1969-12-31')"), T.date, '"1969-12-31"', "1969-12-31"],
  [
    instant("2026-01-31 13:00:00.120000"),
    T.timestamp(6),
    '"2026-01-31T13:00:00.120000Z"',
    "2026-01-31T13:00:00.120000Z",
  ],
  [
    instant("2026-01-31 13:00:00.5"),
    T.timestamp(8),
    '"2026-01-31T13:00:00.50000000Z"',
    "2026-01-31T13:00:00.50000000Z",
  ],
  [instant("2026-01-31 13:00:00.1235"), T.timestamp(3), '"2026-01-31T13:00:00.124Z"', "2026-01-31T13:00:00.124Z", true],
  [instant("2026-01-31 13:00:00.999999"), T.timestamp(0), '"2026-01-31T13:00:01Z"', "2026-01-31T13:00:01Z", true],
  [instant("1969-12-31 23:59:59.9994"), T.timestamp(3), '"1969-12-31T23:59:59.999Z"', "1969-12-31T23:59:59.999Z", true],
  [instant("2026-01-31 13:00:00.123"), T.timestamp(3), '"2026-01-31T13:00:00.123Z"', "2026-01-31T13:00:00.123Z"],
  [instant("1969-12-31 23:59:59.5"), T.date, '"1969-12-31"', "1969-12-31"],
  [instant("2026-01-31 13:00:00.12"), T.text(30), '"2026-01-31T13:00:00.120000Z"', "2026-01-31T13:00:00.120000Z"],
  [none(T.timestamp(6), "DateTime64(6, \\'UTC\\')"), T.timestamp(3), "null", "\\N"],
  [value(T.inet, "'::1'"), T.inet, '"::1"', "::1"],
  [
    value(T.list(T.text()), `['a"b', 'c\\\\\\\\d', 'NULL', '']`),
    T.list(T.text()),
    '["a\\"b","c\\\\\\\\d","NULL",""]',
    '{"a\\\\"b","c\\\\\\\\\\\\\\\\d","NULL",""}',
  ],
  [value(T.list(T.int64), "[toInt64(1), toInt64(2)]"), T.list(T.int64), '["1","2"]', '{"1","2"}'],
  [value(T.list(T.text()), "CAST([], 'Array(String)')"), T.list(T.text()), "[]", "{}"],
  [value(T.list(T.bool), "[true, false]"), T.list(T.bool), "[true,false]", '{"t","f"}'],
]

const unsupported: ReadonlyArray<readonly [FieldType.FieldType, FieldType.FieldType]> = [
  [T.text(), T.int32],
  [T.text(), T.timestamp(6)],
  [T.json, T.bytes],
  [T.int64, T.decimal(18, 0)],
  [T.int64, T.text(10)],
  [T.int64, T.bool],
  [T.uuid, T.text(35)],
  [T.timestamp(6), T.int64],
  [T.timestamp(6), T.timestamp(9)],
  [T.timestamp(6), T.text(26)],
  [T.list(T.text()), T.text()],
  [T.list(T.text()), T.list(T.text(5))],
  [T.list(T.timestamp(6)), T.list(T.timestamp(0))],
  [T.list(T.timestamp(6)), T.list(T.timestamp(3))],
]

describe("cast", () => {
  for (const [from, as] of unsupported) {
    plain(`refuses ${T.format(from)} as ${T.format(as)}`, () => {
      assert.isUndefined(cast({ type: from, sql: "x", nullable: false }, as))
    })
  }
})

layer(ClickHouseServer.layer)("encodings", (it) => {
  const render = Effect.fnUntraced(function* (encodingName: string) {
    const connection = yield* client(yield* ClickHouseServer)
    const encoding = find(encodingName)
    const written = cases.map(([from, as], index) => {
      const to = cast(from, as)
      const column = to && encoding?.write({ value: to, targetType: "a type", index, columns: cases.length })
      if (to === undefined || column === undefined) throw new Error(`${T.format(from.type)} as ${T.format(as)}`)
      return {
        slots: column.map((slot, part) => ({ ...slot, name: `batch_c${index}_${part}` })),
        adjusted: to.adjusted ?? "0",
      }
    })
    const slots = written.flatMap((column) => column.slots)
    const row = encoding?.row(
      cases.map((_, index) => `f${index}`),
      written.map((column) => column.slots.map(({ escaping, name }) => `\${${name}:${escaping}}`).join("")),
    )
    const { stream } = yield* Effect.promise(() =>
      connection.exec({
        query: `SELECT ${slots.map(({ name, sql }) => `${sql} AS ${name}`).join(", ")} FORMAT Template`,
        clickhouse_settings: { ...Settings.always, ...Settings.template(row ?? "", "end") },
      }),
    )
    const bytes = yield* Effect.promise(() => collect(stream))
    const adjusted = yield* Effect.promise(() =>
      connection
        .query({
          query: `SELECT ${written.map((column) => `toBool(${column.adjusted})`).join(", ")}`,
          format: "JSONCompactEachRow",
        })
        .then((result) => result.json<Array<boolean>>()),
    )
    return { text: bytes.toString(), adjusted: adjusted[0] ?? [] }
  }, Effect.scoped)

  it.effect("writes every type as JSON Lines", () =>
    Effect.gen(function* () {
      const { adjusted, text } = yield* render("jsonl")
      assert.strictEqual(text, `{${cases.map(([, , wanted], index) => `"f${index}":${wanted}`).join(",")}}\nend1`)
      assert.isObject(JSON.parse(text.slice(0, -4)))
      assert.deepStrictEqual(
        adjusted,
        cases.map(([, , , , wanted]) => wanted ?? false),
      )
    }),
  )

  it.effect("writes every type as Postgres' COPY text", () =>
    Effect.gen(function* () {
      const { text } = yield* render("postgres-copy-text")
      assert.strictEqual(text, `${cases.map(([, , , wanted]) => wanted).join("\t")}\nend1`)
    }),
  )

  const event = {
    properties: '{"$ip":"::1","n":1.50,"$set":{"a":"\\u00e9"}}',
    event: "$page\tview",
    elementsChain: 'a:text="x"',
    personProperties: "",
  }

  it.effect("writes events byte for byte", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const opened = yield* configured(server, { selection: { table: yield* table(yield* client(server), [event]) } })
        .open
      const { model } = opened
      const copied = yield* readAll(opened, { projection: projection(model, "postgres-copy-text", created(model)) })
      assert.strictEqual(
        copied.text,
        [
          uuid(0),
          "$page\\tview",
          '{"$ip":"::1","n":1.50,"$set":{"a":"\\\\u00e9"}}',
          '"a:text=\\\\"x\\\\""',
          '{"a":"\\\\u00e9"}',
          "\\N",
          "somebody",
          "1",
          "::1",
          "\\N",
          "2026-01-01T10:00:00.123456Z\n",
        ].join("\t"),
      )
      const all = projection(
        model,
        "jsonl",
        model.schema.fields.map(({ name }) => name),
      )
      const lines = yield* readAll(opened, { projection: all })
      const reference = jsonl.encode(all, [
        {
          uuid: uuid(0),
          event: "$page\tview",
          properties: event.properties,
          elements: '"a:text=\\"x\\""',
          set: '{"a":"\\u00e9"}',
          set_once: null,
          distinct_id: "somebody",
          team_id: 1,
          ip: "::1",
          site_url: null,
          timestamp: "2026-01-01T10:00:00.123456Z",
          person_properties: null,
          person_id: uuid(4096),
          created_at: "2026-01-01T11:00:00.000000Z",
          elements_chain: event.elementsChain,
          inserted_at: "2026-01-01T12:00:00.000001Z",
          session_id: null,
        },
      ])
      assert.strictEqual(lines.text, Buffer.from(reference).toString())
    }),
  )
})
