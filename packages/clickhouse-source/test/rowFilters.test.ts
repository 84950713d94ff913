/** Filters of persons, sessions, tables and queries; and names and values that try to be more than that, at random. */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer, type DevClickHouse } from "@batch-exports/dev-services"
import { createSessionTables, insertSessionEvents, random } from "@batch-exports/fixtures"
import { Effect } from "effect"
import { client, configured, projection, readAll, window } from "./support/reading.ts"
import { people } from "./support/peopleTables.ts"
import { seeds } from "./support/seeds.ts"

const start = Date.UTC(2026, 0, 1)
const hour = window("2026-01-01T10:00:00Z/2026-01-01T11:00:00Z")

/** The first fields of the records that pass, without what is around them. */
const passing = Effect.fnUntraced(function* (
  server: DevClickHouse,
  selection: Readonly<Record<string, unknown>>,
  field: string,
  config: object = {},
) {
  const opened = yield* configured(server, { selection, config }).open
  const { tally, text } = yield* readAll(opened, {
    projection: projection(opened.model, "jsonl", [field]),
    window: hour,
  })
  const found = text
    .split("\n")
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as Record<string, string>)[field] ?? "")
  assert.strictEqual(tally.rows, found.length)
  if (selection["name"] === "table") assert.strictEqual(yield* opened.count!(hour), found.length)
  return found.sort()
}, Effect.scoped)

const filter = (column: string, operator: string, value?: unknown) => ({
  filters: [{ column, operator, ...(value === undefined ? {} : { value }) }],
})

layer(ClickHouseServer.layer)("filters", (it) => {
  it.effect("choose persons by what they are now", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const at = 10 * 3600
      const tables = yield* people(yield* client(server), {
        persons: [
          { id: 1, version: 1, properties: '{"plan":"pro"}', at },
          { id: 1, version: 2, properties: '{"plan":"free","age":5}', at: at + 7200 },
          { id: 2, version: 1, properties: '{"plan":"pro","age":50}', at, isDeleted: true },
          { id: 3, version: 18446744073709, properties: "{}", at },
        ],
        mappings: [1, 2, 3].map((person) => ({ distinctId: `d${person}`, person, version: 1, at })),
      })
      const cases: ReadonlyArray<readonly [selection: Readonly<Record<string, unknown>>, passes: string]> = [
        [{}, "d1 d2 d3"],
        [{ filters: [{ property: "plan", operator: "exact", value: "pro" }] }, "d2"],
        [{ filters: [{ property: "age", operator: "gte", value: 5 }] }, "d1 d2"],
        [{ filters: [{ property: "plan", operator: "is_not_set" }] }, "d3"],
        [filter("is_deleted", "exact", false), "d1 d3"],
        [filter("is_deleted", "is_not", false), "d2"],
        [filter("person_version", "gt", 18446744073708), "d3"],
        [filter("person_id", "in", ["00000000-0000-4000-8000-000000000003"]), "d3"],
        [filter("created_at", "lt", "2025-12-31T10:00:00.1234Z"), "d1 d2 d3"],
        [filter("created_at", "lt", "2025-12-31 10:00:00.123"), ""],
        [filter("distinct_id", "regex", "^d[12]$"), "d1 d2"],
        [{ where: "is_deleted = 0 AND person_version < 10" }, "d1"],
        [{ where: "if(is_deleted = 1, 0, 1)", ...filter("distinct_id", "exact", ["d1", "d2"]) }, "d1"],
      ]
      for (const [selection, passes] of cases) {
        const found = yield* passing(server, { name: "persons", ...tables, ...selection }, "distinct_id")
        assert.strictEqual(found.join(" "), passes, JSON.stringify(selection))
      }
    }),
  )

  it.effect("choose sessions by any field", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const database = `filtered_sessions_${process.pid}`
      const inserted = start + 10.5 * 3_600_000
      const session = (index: number) => `019b7c00-0000-7000-8000-00000000000${index}`
      const event = (index: number, views: number, source?: string) =>
        Array.from({ length: views }, (_, view) => ({
          uuid: crypto.randomUUID(),
          team: 1,
          event: "$pageview",
          distinctId: `d${index}`,
          timestamp: start + view * 60_000,
          session: session(index),
          properties: {
            $current_url: `https://example.com/${index}`,
            ...(source === undefined ? {} : { utm_source: source }),
          },
          inserted,
          visible: inserted,
        }))
      const connection = yield* client(server)
      yield* Effect.promise(async () => {
        await createSessionTables(connection, database)
        await insertSessionEvents(connection, database, [
          ...event(1, 1),
          ...event(2, 2, "google"),
          ...event(3, 3, "it's"),
        ])
      })
      const cases: ReadonlyArray<readonly [selection: Readonly<Record<string, unknown>>, passes: string]> = [
        [filter("pageview_count", "gt", 1.5), "d2 d3"],
        [filter("entry_utm_source", "is_set"), "d2 d3"],
        [filter("entry_utm_source", "exact", "it's"), "d3"],
        [filter("entry_utm_source", "is_not", "google"), "d1 d3"],
        [filter("channel_type", "exact", "Organic Search"), "d2"],
        [filter("is_bounce", "exact", true), "d1"],
        [filter("entry_pathname", "in", ["/1", "/3"]), "d1 d3"],
        [filter("session_id", "exact", session(2).toUpperCase()), "d2"],
        [filter("end_timestamp", "gte", "2026-01-01T00:02:00Z"), "d3"],
        [{ where: "duration >= 60 AND entry_hostname = 'example.com' AND team_id = 1" }, "d2 d3"],
      ]
      for (const from of ["sessions", "events"]) {
        for (const [selection, passes] of from === "sessions" ? cases : cases.slice(0, 2)) {
          const found = yield* passing(server, { name: "sessions", from, ...selection }, "distinct_id", { database })
          assert.strictEqual(found.join(" "), passes, `${from} ${JSON.stringify(selection)}`)
        }
      }
    }),
  )

  it.effect("choose rows of tables and queries, of the newest only where they replace each other", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const connection = yield* client(server)
      const table = `filtered_${process.pid}`
      for (const query of [
        `CREATE TABLE ${table} (id String, n Int64, u UInt64, d Decimal(20, 2), f Float64, day Date, b Bool, m Nullable(UUID), j JSON, s String, st AggregateFunction(sum, Int64), tags Array(String), at DateTime64(3, 'Europe/Paris')) ENGINE = MergeTree ORDER BY id`,
        `INSERT INTO ${table} SELECT 'a', 9223372036854775807, 18446744073709551615, 9.9, 0.1, '2026-01-31', true, '61f0c404-5cb3-11e7-907b-a6006ad3dba0', '{"k":{"x":5}}', '{"k":"v"}', sumState(toInt64(5)), ['x'], toDateTime64('2026-01-01 10:00:00.500', 3, 'UTC')`,
        `INSERT INTO ${table} SELECT 'b', -1, 0, -100, nan, '1970-01-01', false, NULL, '{}', 'broken', sumState(toInt64(1)), [], toDateTime64('2026-01-01 10:30:00', 3, 'UTC')`,
        `INSERT INTO ${table} SELECT 'b', 5, 0, 0, 1, '1970-01-01', false, NULL, '{}', '', sumState(toInt64(1)), [], toDateTime64('2026-01-01 10:00:00', 3, 'UTC')`,
      ]) {
        yield* Effect.promise(() => connection.command({ query }))
      }
      const base = { time: "at", exclude: ["st"] }
      const cases: ReadonlyArray<readonly [selection: Readonly<Record<string, unknown>>, passes: string]> = [
        [{}, "a b b"],
        [{ key: ["id"] }, "a b"],
        [filter("n", "exact", "9223372036854775807"), "a"],
        [filter("n", "gt", "9223372036854775806"), "a"],
        [filter("n", "lt", 5.5), "b b"],
        [{ key: ["id"], ...filter("n", "exact", 5) }, ""],
        [{ key: ["id"], where: "n = 5" }, ""],
        [filter("u", "exact", "18446744073709551615"), "a"],
        [filter("u", "is_not", ["18446744073709551615"]), "b b"],
        [filter("d", "exact", [9.9, "0.00"]), "a b"],
        [filter("d", "lte", "-99.995"), "b"],
        [filter("d", "lt", 1e21), "a b b"],
        [filter("f", "exact", 0.1), "a"],
        [filter("day", "gte", "2026-01-31"), "a"],
        [filter("day", "in", ["1970-01-01"]), "b b"],
        [filter("b", "exact", true), "a"],
        [filter("m", "exact", "61F0C404-5cb3-11e7-907b-a6006ad3dba0"), "a"],
        [filter("m", "is_not_set"), "b b"],
        [filter("j.k.x", "exact", 5), "a"],
        [filter("s.k", "is_set"), "a"],
        [filter("s", "contains", "ROK"), "b"],
        [filter("tags", "contains", "x"), "a"],
        [filter("at", "exact", "2026-01-01T11:00:00.5+01:00"), "a"],
        [filter("at", "gt", "2026-01-01T10:00:00.4999Z"), "a b"],
        [{ where: "finalizeAggregation(st) = 5" }, "a"],
        [{ where: "has(tags, 'x') OR if(n = 0, 0, intDiv(10, n) = 2)" }, "a b"],
      ]
      for (const [selection, passes] of cases) {
        const found = yield* passing(server, { name: "table", table, ...base, ...selection }, "id")
        assert.strictEqual(found.join(" "), passes, JSON.stringify(selection))
      }
      const query = `SELECT id, n, at FROM ${table} WHERE at >= {window_start} AND at < {window_end}`
      assert.deepStrictEqual(yield* passing(server, { name: "query", query, ...filter("n", "gt", 0) }, "id"), [
        "a",
        "b",
      ])
      for (const [selection, says] of [
        [filter("n", "gt", "many"), /compares numbers/],
        [filter("at", "gt", "yesterday"), /compares times/],
        [filter("nn", "gt", 1), /no column "nn"/],
        [filter("tags", "gt", 1), /cannot compare list\(text\)/],
      ] as const) {
        const { open } = configured(server, { selection: { name: "table", table, ...base, ...selection } })
        const error = yield* Effect.flip(Effect.scoped(open))
        assert.match(error.message, says)
      }
    }),
  )

  const pieces = [
    "'",
    "\\",
    "\\'",
    '"',
    "`",
    ")",
    "(",
    " OR 1",
    " --",
    "/*",
    "*/",
    ";",
    "{x:String}",
    "}",
    "%",
    "_",
    "\n",
    "\t",
    "é",
    "漢",
    "$",
    "?",
    "a",
    "\\x27",
    "NULL",
    "\u0000",
  ]

  for (const seed of seeds) {
    it.effect(`take names and values for what they are (seed ${seed})`, () =>
      Effect.gen(function* () {
        const server = yield* ClickHouseServer
        const dice = random(seed)
        const text = () => Array.from({ length: 1 + dice.below(4) }, () => dice.pick(["a", ...pieces])).join("")
        const texts = [...new Set(Array.from({ length: 40 }, text))]
        const connection = yield* client(server)
        const table = `hostile_${process.pid}_${seed}`
        const hex = (value: string) => `unhex('${Buffer.from(value).toString("hex")}')`
        yield* Effect.promise(async () => {
          await connection.command({
            query: `CREATE TABLE ${table} (id UInt32, s String, doc String, at DateTime64(6, 'UTC')) ENGINE = MergeTree ORDER BY id`,
          })
          const rows = texts.map(
            (value, id) => `(${id}, ${hex(value)}, ${hex(JSON.stringify({ [value]: value }))}, '2026-01-01 10:00:00')`,
          )
          await connection.command({ query: `INSERT INTO ${table} VALUES ${rows.join(", ")}` })
        })
        const from = (key: string) => `doc.${JSON.stringify(key)}`
        for (let round = 0; round < 12; round++) {
          const value = dice.chance(70) ? (texts[dice.below(texts.length)] ?? "") : text()
          const of = (passes: (own: string) => boolean) => texts.flatMap((own, id) => (passes(own) ? [String(id)] : []))
          const folded = (own: string) => own.toLowerCase()
          const [selection, expected] = dice.pick<readonly [object, ReadonlyArray<string>]>([
            [filter("s", "exact", value), of((own) => own === value)],
            [filter("s", "is_not", [value, "a"]), of((own) => own !== value && own !== "a")],
            [filter("s", "contains", value), of((own) => folded(own).includes(folded(value)))],
            [filter("s", "not_icontains", value), of((own) => !folded(own).includes(folded(value)))],
            // No path leads through NUL, which no document keeps.
            ...(value.includes("\0") ? [] : [[filter(from(value), "is_set"), of((own) => own === value)] as const]),
            ...(value.includes("\0")
              ? []
              : [[filter(from(value), "exact", value), of((own) => own === value)] as const]),
          ])
          const found = yield* passing(
            server,
            { name: "table", table, time: "at", columns: ["id"], ...selection },
            "id",
          )
          const wanted = [...expected].sort()
          assert.deepStrictEqual(found, wanted, `seed ${seed}: ${JSON.stringify(selection)}`)
        }
      }),
    )
  }
})
