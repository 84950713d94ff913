/** What a window holds, before it is read: against what reading it gives. */
import type { Source, Window } from "@batch-exports/core"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { createSessionTables, insertSessionEvents, random, sessionHistory } from "@batch-exports/fixtures"
import { assert, describe, it, layer } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { type Bucket, isCoarse, parts } from "../src/counting/parts.ts"
import { people } from "./support/peopleTables.ts"
import { client, configured, day, projection, readAll, window } from "./support/reading.ts"
import { type Row, table, uuid } from "./support/table.ts"

describe("parts of a window", () => {
  const seed = Number(process.env["COUNTING_SEED"] ?? 20_261_122)

  it(`hold the whole window, in order, none much more than it should (seed ${seed})`, () => {
    const dice = random(seed)
    for (let round = 0; round < 300; round++) {
      const most = 1 + dice.below(1000)
      const buckets: Array<Bucket> = []
      let at = dice.below(3)
      for (let index = dice.below(60); index > 0; index--) {
        const width = 1 + dice.below(5)
        buckets.push({ start: at, end: at + width, rows: 1 + dice.below(Math.max(1, Math.ceil(most / 8))) })
        at += width + dice.below(3)
      }
      const whole = { start: 0, end: at + 1 }
      const found = parts(whole, buckets, most)
      assert.strictEqual(found[0]?.start, whole.start)
      assert.strictEqual(found.at(-1)?.end, whole.end)
      const largest = Math.max(0, ...buckets.map(({ rows }) => rows))
      const total = buckets.reduce((sum, { rows }) => sum + rows, 0)
      for (const [index, part] of found.entries()) {
        if (index > 0) assert.strictEqual(part.start, found[index - 1]?.end)
        assert.isBelow(part.start, part.end)
        const within = buckets.filter(({ start }) => start >= part.start && start < part.end)
        assert.strictEqual(
          part.rows,
          within.reduce((sum, { rows }) => sum + rows, 0),
        )
        assert.isAtMost(part.rows, Math.max(most, largest))
      }
      assert.isAtMost(found.length, 2 * Math.ceil(total / most) + 1)
    }
  })

  it("leave a window alone that is not too large, or that is empty", () => {
    assert.deepStrictEqual(parts({ start: 0, end: 9 }, [], 5), [{ start: 0, end: 9, rows: 0 }])
    const bucket = { start: 4, end: 5, rows: 5 }
    assert.deepStrictEqual(parts({ start: 0, end: 9 }, [bucket], 5), [{ start: 0, end: 9, rows: 5 }])
  })

  it("are looked for within whatever is large, down to a millisecond", () => {
    assert.isTrue(isCoarse({ start: 0, end: 2, rows: 100 }, 100))
    assert.isFalse(isCoarse({ start: 0, end: 2, rows: 10 }, 100))
    assert.isFalse(isCoarse({ start: 0, end: 1, rows: 100 }, 100))
  })
})

type Counting = Required<Pick<Source.Opened, "count" | "estimate" | "cut" | "earliest">>

layer(ClickHouseServer.layer)("counting", (it) => {
  const opened = Effect.fnUntraced(function* (options: Parameters<typeof configured>[1]) {
    const source = yield* configured(yield* ClickHouseServer, options).open
    return source as Source.Opened & Counting
  })
  const rowsRead = (source: Source.Opened, at: Window.Window) =>
    Effect.map(
      readAll(source, {
        projection: projection(source.model, "jsonl", [source.model.schema.fields[0].name]),
        window: at,
      }),
      ({ tally }) => tally.rows,
    )
  /** The parts make the window, and reading them gives what reading the window gives. */
  const addsUp = Effect.fnUntraced(function* (source: Source.Opened & Counting, at: Window.Window, most: number) {
    const found = yield* source.cut(at, { rows: most, bytes: 1e12 })
    assert.deepStrictEqual(found[0]?.window.start, at.start)
    assert.deepStrictEqual(found.at(-1)?.window.end, at.end)
    const counts = yield* Effect.forEach(found, (part) => source.count(part.window))
    assert.strictEqual(
      counts.reduce((sum, each) => sum + each, 0),
      yield* source.count(at),
    )
    return found.map((part, index) => ({ ...part, rows: counts[index] ?? 0 }))
  })
  const minute = (text: string) => window(`2026-01-01T${text}:00Z/2026-01-01T23:59:00Z`)

  it.effect("events: counted as they are read, cut between milliseconds", () =>
    Effect.gen(function* () {
      const times = ["10:00:00.000000", "10:00:00.000999", "10:00:00.001000", "11:30:00.5", "23:59:59.999999"]
      const rows: Array<Row> = times.flatMap((time, index) =>
        Array.from({ length: 20 }, (_, copy) => ({
          uuid: uuid(index * 100 + copy),
          event: copy % 4 === 0 ? "left out" : "kept",
          properties: "x".repeat(index * 100),
          insertedAt: `2026-01-01 ${time}`,
        })),
      )
      const name = yield* table(yield* client(yield* ClickHouseServer), [
        ...rows,
        { ...rows[1], kafkaTimestamp: "2026-01-01 13:00:00" },
        { teamId: 2 },
        { insertedAt: null, kafkaTimestamp: "2026-01-01 09:30:00", uuid: uuid(9000) },
        { insertedAt: "2026-01-02 00:00:00", uuid: uuid(9001) },
      ])
      const source = yield* opened({ selection: { table: name } })
      assert.strictEqual(yield* source.count(day), 101)
      assert.strictEqual(yield* rowsRead(source, day), 101)
      const estimate = yield* source.estimate(day)
      assert.strictEqual(estimate.rows, 102, "copies are not looked for")
      assert.isAbove(estimate.bytes, 20_000)
      assert.isBelow(estimate.bytes, 60_000)

      const some = yield* opened({ selection: { table: name, includeEvents: ["kept"] } })
      assert.strictEqual(yield* some.count(day), 75)
      assert.strictEqual(yield* rowsRead(some, day), 75)

      assert.strictEqual((yield* addsUp(source, day, 1000)).length, 1)
      // What arrived in one millisecond stays together, however much it is.
      const parts = yield* addsUp(source, day, 30)
      assert.deepStrictEqual(
        parts.map(({ rows, window }) => [DateTime.formatIso(window.start).slice(11), rows]),
        [
          ["00:00:00.000Z", 1],
          ["10:00:00.000Z", 40],
          ["10:00:00.001Z", 20],
          ["11:30:00.500Z", 20],
          ["23:59:59.999Z", 20],
        ],
      )
      assert.isAbove((yield* source.cut(day, { rows: 1e9, bytes: 5000 })).length, 3, "by bytes, too")

      const first = yield* source.earliest(day)
      assert.strictEqual(first === undefined ? "" : DateTime.formatIso(first), "2026-01-01T09:30:00.000Z")
      const later = yield* source.earliest(minute("10:00"))
      assert.strictEqual(later === undefined ? "" : DateTime.formatIso(later), "2026-01-01T10:00:00.000Z")
      assert.isUndefined(yield* source.earliest(window("2027-01-01T00:00:00Z/2027-01-02T00:00:00Z")))
      assert.deepStrictEqual(yield* source.estimate(window("2027-01-01T00:00:00Z/2027-01-02T00:00:00Z")), {
        rows: 0,
        bytes: 0,
      })
    }),
  )

  it.effect("events: many, cut into parts of one size", () =>
    Effect.gen(function* () {
      const connection = yield* client(yield* ClickHouseServer)
      const name = yield* table(connection, [])
      // Most of them within one second, so that looking once is not enough.
      yield* Effect.promise(() =>
        connection.command({
          query: `INSERT INTO ${name} (uuid, event, team_id, timestamp, _timestamp, inserted_at)
            SELECT generateUUIDv4(number), 'e', 1, now64(6), toDateTime('2026-01-01 12:00:00', 'UTC'),
              toDateTime64('2026-01-01 12:00:00', 6, 'UTC') + toIntervalMicrosecond(if(number % 10 = 0, number * 100000, number * 10))
            FROM numbers(100000)`,
        }),
      )
      const source = yield* opened({ selection: { table: name } })
      const parts = yield* addsUp(source, day, 9000)
      for (const { holds, rows } of parts) {
        assert.strictEqual(holds?.rows, rows)
        assert.isAtMost(rows, 9000)
      }
      assert.isAtMost(parts.length, 14)
    }),
  )

  it.effect("tables, with and without a key, and queries", () =>
    Effect.gen(function* () {
      const connection = yield* client(yield* ClickHouseServer)
      const name = `orders_${process.pid}`
      yield* Effect.acquireRelease(
        Effect.promise(() =>
          connection.command({
            query: `CREATE TABLE ${name} (id UInt32, at DateTime('Europe/Paris'), day Date, note Nullable(String)) ENGINE = MergeTree ORDER BY id
              AS SELECT number % 50, toDateTime('2026-01-01 12:00:00', 'UTC') + number, toDate('2026-01-01') + number % 3, NULL FROM numbers(100)`,
          }),
        ),
        () => Effect.promise(() => connection.command({ query: `DROP TABLE ${name} SYNC` })),
      )
      const of = (selection: { readonly name: string; readonly [key: string]: unknown }) => opened({ selection })
      const appended = yield* of({ name: "table", table: name, time: "at" })
      assert.strictEqual(yield* appended.count(day), 100)
      assert.strictEqual((yield* addsUp(appended, day, 30)).length, 4)
      const keyed = yield* of({ name: "table", table: name, time: "at", key: ["id"] })
      assert.strictEqual(yield* keyed.count(day), 50)
      assert.strictEqual(yield* rowsRead(keyed, day), 50)
      assert.strictEqual((yield* keyed.cut(day, { rows: 30, bytes: 1e9 })).length, 4)
      const again = yield* of({ name: "table", table: name, time: "at", key: ["id"], lookback: "1 hour" })
      assert.deepStrictEqual(yield* again.cut(day, { rows: 30, bytes: 1e9 }), [{ window: day, holds: undefined }])
      const days = yield* of({ name: "table", table: name, time: "day" })
      const three = window("2026-01-01T00:00:00Z/2026-01-04T00:00:00Z")
      assert.deepStrictEqual(
        (yield* addsUp(days, three, 5)).map(({ rows }) => rows),
        [34, 33, 33],
      )
      // Few, but large: nothing bounds a table's records.
      const large = `large_${name}`
      yield* Effect.acquireRelease(
        Effect.promise(() =>
          connection.command({
            query: `CREATE TABLE ${large} (at DateTime('UTC'), note String) ENGINE = MergeTree ORDER BY at
              AS SELECT toDateTime('2026-01-01 12:00:00', 'UTC') + number, repeat('xxx', 1000000) FROM numbers(4)`,
          }),
        ),
        () => Effect.promise(() => connection.command({ query: `DROP TABLE ${large} SYNC` })),
      )
      const few = yield* of({ name: "table", table: large, time: "at" })
      assert.deepStrictEqual(
        (yield* few.cut(day, { rows: 30, bytes: 7e6 })).map(({ holds }) => holds?.rows),
        [2, 2],
      )
      const whole = yield* of({ name: "table", table: name, key: ["id"] })
      assert.strictEqual(yield* whole.count(day), 50)
      assert.deepStrictEqual(yield* whole.earliest(day), day.start)

      const query = `SELECT id, count() AS n FROM ${name} WHERE at >= {window_start} AND at < {window_end} GROUP BY id`
      const grouped = yield* of({ name: "query", query })
      assert.strictEqual(yield* grouped.count(day), 50)
      assert.strictEqual((yield* grouped.estimate(day)).rows, 50)
      assert.deepStrictEqual(yield* grouped.cut(day, { rows: 1, bytes: 1 }), [{ window: day, holds: undefined }])
    }),
  )

  it.effect("persons and sessions: what a run would send now", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const connection = yield* client(server)
      const tables = yield* people(connection, {
        persons: [
          { id: 1, version: 1, at: 3600 },
          { id: 1, version: 2, at: 7300, properties: '{"a":1}' },
          { id: 2, version: 1, at: 100 },
        ],
        mappings: [
          { distinctId: "a", person: 1, version: 0, at: 3600 },
          { distinctId: "b", person: 1, version: 0, at: 3600 },
          { distinctId: "c", person: 2, version: 0, at: 100 },
          { distinctId: "without a person", person: 3, version: 0, at: 7300 },
        ],
      })
      const at = window("2026-01-01T02:00:00Z/2026-01-01T03:00:00Z")
      for (const keysPerQuery of [1, 1000]) {
        const persons = yield* opened({
          selection: { name: "persons", ...tables, lookback: "0 seconds", keysPerQuery },
        })
        const count = yield* persons.count(at)
        // Where more than half has changed, all are sent.
        assert.strictEqual(count, keysPerQuery === 1 ? 3 : 2)
        assert.strictEqual(yield* rowsRead(persons, at), count)
        assert.isAtLeast((yield* persons.estimate(at)).rows, 2)
        assert.deepStrictEqual(yield* persons.cut(at, { rows: 1, bytes: 1 }), [{ window: at, holds: undefined }])
        assert.deepStrictEqual(yield* persons.earliest(day), DateTime.makeUnsafe("2026-01-01T00:01:40Z"))
        const some = yield* opened({
          selection: {
            name: "persons",
            ...tables,
            lookback: "0 seconds",
            keysPerQuery,
            rename: { distinct_id: "did", person_id: "pid" },
            filters: [{ column: "distinct_id", operator: "is_not", value: "a" }],
          },
        })
        assert.strictEqual(yield* some.count(at), count - 1)
        assert.strictEqual(yield* rowsRead(some, at), count - 1)
      }

      const database = `counting_${process.pid}`
      const events = sessionHistory({
        seed: 7,
        start: new Date("2026-01-01T00:00:00Z"),
        end: new Date("2026-01-01T03:00:00Z"),
        sessions: 30,
        greatestLag: 0,
      })
      yield* Effect.promise(async () => {
        await createSessionTables(connection, database)
        await insertSessionEvents(connection, database, events)
      })
      for (const from of ["sessions", "events"]) {
        const sessions = yield* opened({
          config: { database },
          selection: { name: "sessions", teamId: "all", from, lookback: "0 seconds" },
        })
        const count = yield* sessions.count(at)
        assert.isAbove(count, 0)
        assert.strictEqual(yield* rowsRead(sessions, at), count)
        assert.isAtLeast((yield* sessions.estimate(at)).rows, count)
        const first = yield* sessions.earliest(day)
        assert.strictEqual(first?.epochMilliseconds, Math.min(...events.map(({ inserted }) => inserted)))
      }
    }),
  )
})
