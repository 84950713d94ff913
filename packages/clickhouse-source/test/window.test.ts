/** Which rows belong to a window, and which copy of a repeated one. */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Window } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import { events } from "../src/models/events.ts"
import { bounds } from "../src/query/statement.ts"
import { client, configured, projection, readAll } from "./support/reading.ts"
import { type Row, table, uuid } from "./support/table.ts"

const at = (start: string, end: string) =>
  new Window.Window({ start: DateTime.makeUnsafe(start), end: DateTime.makeUnsafe(end) })

layer(ClickHouseServer.layer)("window", (it) => {
  const read = Effect.fnUntraced(function* (
    rows: ReadonlyArray<Row>,
    options: {
      readonly window?: Window.Window
      readonly selection?: object
      readonly fields?: ReadonlyArray<string>
    } = {},
  ) {
    const server = yield* ClickHouseServer
    const name = yield* table(yield* client(server), rows)
    const opened = yield* configured(server, { selection: { table: name, ...options.selection } }).open
    const { tally, text } = yield* readAll(opened, {
      projection: projection(opened.model, "postgres-copy-text", options.fields ?? ["event"]),
      window: options.window ?? at("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
    })
    const lines = text.split("\n").slice(0, -1).sort()
    assert.strictEqual(tally.rows, lines.length)
    return lines
  }, Effect.scoped)

  it.effect("holds its start and not its end, to the microsecond", () =>
    Effect.gen(function* () {
      const instants = [
        "2026-01-01 09:59:59.999999",
        "2026-01-01 10:00:00.000000",
        "2026-01-01 10:00:00.000001",
        "2026-01-01 10:59:59.999999",
        "2026-01-01 11:00:00.000000",
      ]
      const rows = instants.map((insertedAt) => ({ event: insertedAt, insertedAt }))
      const seen = yield* Effect.forEach(["09", "10", "11"], (hour) =>
        read(rows, { window: at(`2026-01-01T${hour}:00:00Z`, `2026-01-01T${Number(hour) + 1}:00:00Z`) }),
      )
      assert.deepStrictEqual(seen, [instants.slice(0, 1), instants.slice(1, 4), instants.slice(4)])
      const millisecond = at("2026-01-01T10:00:00.000Z", "2026-01-01T10:00:00.001Z")
      assert.deepStrictEqual(yield* read(rows, { window: millisecond }), instants.slice(1, 3))
    }),
  )

  it.effect("goes by the time of ingestion, never by the event's own clock", () =>
    Effect.gen(function* () {
      const rows = [
        { event: "years early", timestamp: "1990-01-01 00:00:00" },
        { event: "years late", timestamp: "2200-01-01 00:00:00" },
        { event: "old row in", insertedAt: null, kafkaTimestamp: "2026-01-01 23:59:59" },
        { event: "old row out", insertedAt: null, kafkaTimestamp: "2026-01-02 00:00:00" },
        { event: "redelivered by then", insertedAt: "2026-01-02 00:00:00", kafkaTimestamp: "2026-01-01 12:00:00" },
      ]
      assert.deepStrictEqual(yield* read(rows), ["old row in", "years early", "years late"])
    }),
  )

  it.effect("is looked up in an index on the time of ingestion, whichever there is, and loses nothing by it", () =>
    Effect.gen(function* () {
      const connection = yield* client(yield* ClickHouseServer)
      const window = at("2026-02-01T00:00:00Z", "2026-02-01T01:00:00Z")
      for (const [indexes, isPruned] of [
        ["INDEX i COALESCE(inserted_at, _timestamp) TYPE minmax GRANULARITY 1", true],
        ["INDEX i inserted_at TYPE minmax GRANULARITY 1, INDEX k _timestamp TYPE minmax GRANULARITY 1", true],
        ["", false],
      ] as const) {
        const name = yield* table(connection, [], indexes)
        // January, before there was inserted_at; February; and events of February whose own clock is half a century behind.
        for (const [own, arrived] of [
          ["2026-01-01", "2026-01-01"],
          ["2026-02-01", "2026-02-01"],
          ["1971-01-01", "2026-02-01"],
        ] as const) {
          yield* Effect.promise(() =>
            connection.command({
              query: `INSERT INTO ${name} (uuid, event, team_id, timestamp, _timestamp, inserted_at)
                SELECT generateUUIDv4(number), '${own}', 1, toDateTime64('${own} 00:00:00', 6, 'UTC') + number,
                  toDateTime('${arrived} 00:00:00', 'UTC') + number,
                  ${arrived < "2026-02-01" ? "NULL" : `toDateTime64('${arrived} 00:00:00', 6, 'UTC') + number`} FROM numbers(20000)`,
            }),
          )
        }
        const { from, params } = events({ name: "events", teamId: 1, table: name }).rows([{ field: "event" }], {
          defensive: false,
        })
        const explained = yield* Effect.promise(() =>
          connection.query({
            query: `EXPLAIN indexes = 1 SELECT * FROM ${from}`,
            format: "TabSeparatedRaw",
            query_params: { ...params, ...bounds(window) },
            // Else an index is looked into only when its part is read, of which the plan says nothing.
            clickhouse_settings: { use_skip_indexes_on_data_read: 0 },
          }),
        )
        const plan = yield* Effect.promise(() => explained.text())
        const [, granules] = /Parts: \d+ \| Granules: (\d+)/.exec(plan) ?? []
        // Two in each part.
        assert.strictEqual(Number(granules), isPruned ? 4 : 6, plan)
        const opened = yield* configured(yield* ClickHouseServer, { selection: { table: name } }).open
        const { tally } = yield* readAll(opened, { projection: projection(opened.model, "jsonl", ["event"]), window })
        assert.strictEqual(tally.rows, 7200)
      }
    }).pipe(Effect.scoped),
  )

  it.effect("may be empty", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read([]), [])
      assert.deepStrictEqual(yield* read([{ insertedAt: "2025-12-31 23:59:59.999999" }]), [])
    }),
  )

  it.effect("holds the rows of the chosen teams", () =>
    Effect.gen(function* () {
      const rows = [1, 2, 3, "9223372036854775807"].map((teamId) => ({ event: String(teamId), teamId }))
      const teams = (teamId: unknown) => read(rows, { selection: { teamId } })
      assert.deepStrictEqual(yield* teams(2), ["2"])
      assert.deepStrictEqual(yield* teams([3, 1, 3]), ["1", "3"])
      assert.deepStrictEqual(yield* teams(4), [])
      assert.deepStrictEqual(yield* teams("all"), ["1", "2", "3", "9223372036854775807"])
    }),
  )

  it.effect("holds one copy of each event: the newest", () =>
    Effect.gen(function* () {
      const copy = (which: string, row: Row): Row => ({
        uuid: uuid(1),
        event: "repeated",
        properties: JSON.stringify({ $ip: which }),
        ...row,
      })
      const [early, late] = ["2026-01-01 01:00:00", "2026-01-01 02:00:00"]
      const rows = [
        copy("oldest", { kafkaTimestamp: early, insertedAt: late }),
        copy("newest", { kafkaTimestamp: late, insertedAt: "2026-01-01 03:00:00.000002" }),
        copy("before it", { kafkaTimestamp: late, insertedAt: "2026-01-01 03:00:00.000001" }),
        copy("without a time", { kafkaTimestamp: late, insertedAt: null }),
        // The same id, but not the same event.
        copy("another event", { event: "other" }),
        copy("another person", { distinctId: "other" }),
        copy("the same but for a NUL", { event: "repeated\0" }),
        { uuid: uuid(2), properties: '{"$ip":"single"}' },
      ]
      assert.deepStrictEqual(yield* read(rows, { fields: ["ip"] }), [
        "another event",
        "another person",
        "newest",
        "single",
        "the same but for a NUL",
      ])
      assert.deepStrictEqual(yield* read(rows, { fields: ["site_url"] }), ["\\N", "\\N", "\\N", "\\N", "\\N"])
    }),
  )

  it.effect("holds a copy that came again later once more: windows know nothing of each other", () =>
    Effect.gen(function* () {
      const rows = [
        { uuid: uuid(1), properties: '{"$ip":"first"}', kafkaTimestamp: "2026-01-01 01:00:00" },
        {
          uuid: uuid(1),
          properties: '{"$ip":"second"}',
          kafkaTimestamp: "2026-01-02 01:00:00",
          insertedAt: "2026-01-02 01:00:00",
        },
      ]
      assert.deepStrictEqual(yield* read(rows, { fields: ["ip"] }), ["first"])
    }),
  )

  it.effect("collapses many copies among many events", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 900 }, (_, index) => ({
        uuid: uuid(index % 600),
        event: String(index % 600),
        properties: JSON.stringify({ $ip: String(index) }),
        kafkaTimestamp: `2026-01-01 0${Math.floor(index / 600)}:00:00`,
      }))
      const wanted = rows.slice(300).map(({ event, properties }) => `${event}\t${JSON.parse(properties).$ip as string}`)
      assert.deepStrictEqual(yield* read(rows, { fields: ["event", "ip"] }), wanted.sort())
    }),
  )
})
