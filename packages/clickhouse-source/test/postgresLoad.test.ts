/** Both of Postgres' formats in a real Postgres: the same hostile and random events, and not one row that differs. */
import { assert, layer } from "@effect/vitest"
import { clickHouse, postgres } from "@batch-exports/dev-services"
import { createEventsTable, insertEvents, insertHostile } from "@batch-exports/fixtures"
import { FieldType, type Projection, type Run, type Source } from "@batch-exports/core"
import { Context, Effect, Layer } from "effect"
import { pipeline } from "node:stream/promises"
import { Client } from "pg"
import { from as copyFrom } from "pg-copy-streams"
import { client, configured, created, projection, readAll, window } from "./support/reading.ts"

class Both extends Context.Service<
  Both,
  { readonly clickHouse: Effect.Success<ReturnType<typeof clickHouse>>; readonly pg: Client }
>()("test/Both") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const source = yield* clickHouse()
      const { ca, database, host, password, port, user } = yield* postgres()
      const pg = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const made = new Client({ host, port, user, password, database, ssl: ca === undefined ? false : { ca } })
          await made.connect()
          return made
        }),
        (made) => Effect.promise(() => made.end()),
      )
      return { clickHouse: source, pg }
    }),
  )
}

const hour = { start: new Date(Date.UTC(2026, 0, 1, 0)), end: new Date(Date.UTC(2026, 0, 1, 1)) }

const text200 = { as: FieldType.text(200), targetType: "character varying(200)" }
const jsonb = { targetType: "jsonb" }
/** A new table of the default kind, and one of every other type that its fields may have. */
const targets = {
  "the table of the user's page": {
    uuid: text200,
    event: text200,
    properties: jsonb,
    elements: jsonb,
    set: jsonb,
    set_once: jsonb,
    distinct_id: text200,
    team_id: { as: FieldType.int32, targetType: "integer" },
    ip: text200,
    site_url: text200,
    timestamp: { as: FieldType.timestamp(6), targetType: "timestamp with time zone" },
  },
  "other types": {
    uuid: { as: FieldType.uuid, targetType: "uuid" },
    event: { as: FieldType.text(), targetType: "text" },
    properties: { as: FieldType.text(), targetType: "text" },
    elements: { targetType: "json" },
    set: { targetType: "json" },
    set_once: { as: FieldType.text(50), targetType: "character varying(50)" },
    distinct_id: { as: FieldType.text(3), targetType: "character(3)" },
    team_id: { as: FieldType.int64, targetType: "bigint" },
    ip: { as: FieldType.text(7), targetType: "character varying(7)" },
    site_url: { as: FieldType.text(), targetType: "bpchar" },
    timestamp: { as: FieldType.timestamp(3), targetType: "timestamp(3) with time zone" },
    person_properties: jsonb,
    person_id: { as: FieldType.uuid, targetType: "uuid" },
    inserted_at: { as: FieldType.timestamp(0), targetType: "timestamp(0) with time zone" },
  },
} as const

const frame = {
  "postgres-copy-text": { options: "FORMAT text, ENCODING 'UTF8'", before: "", after: "" },
  "postgres-copy-binary": { options: "FORMAT binary", before: "5047434f50590aff0d0a000000000000000000", after: "ffff" },
} as const

/** Into a table for each format, called like it. Both must have sent the same number of rows, and adjusted the same values. */
const loadBoth = Effect.fnUntraced(function* (
  pg: Client,
  opened: Source.Opened,
  columns: Readonly<Record<string, Partial<Projection.Column> & { readonly targetType: string }>>,
  options: { readonly defensive?: boolean; readonly window: { readonly start: Date; readonly end: Date } },
) {
  const declared = Object.entries(columns).map(([name, { targetType }]) => `"${name}" ${targetType}`)
  const tallies: Array<Run.Tally> = []
  for (const encoding of ["postgres-copy-text", "postgres-copy-binary"] as const) {
    const { bytes, tally } = yield* readAll(opened, {
      ...options,
      projection: projection(opened.model, encoding, columns),
      window: window(`${options.window.start.toISOString()}/${options.window.end.toISOString()}`),
    })
    const { after, before, options: copyOptions } = frame[encoding]
    yield* Effect.promise(() =>
      pg.query(`DROP TABLE IF EXISTS "${encoding}"; CREATE TABLE "${encoding}" (${declared.join(", ")})`),
    )
    const copied = pg.query(copyFrom(`COPY "${encoding}" FROM STDIN (${copyOptions})`))
    yield* Effect.promise(() => pipeline([Buffer.from(before, "hex"), bytes, Buffer.from(after, "hex")], copied))
    assert.strictEqual(copied.rowCount, tally.rows)
    tallies.push(tally)
  }
  assert.deepStrictEqual(tallies[0], tallies[1])
  return tallies[0]!
})

layer(Both.layer, { timeout: 120_000 })("Postgres takes the same of both formats", (it) => {
  const seed = 20_260_131
  for (const [what, columns] of Object.entries(targets)) {
    for (const defensive of [false, true]) {
      it.effect(`${what}${defensive ? ", defensively" : ""} (seed ${seed})`, () =>
        Effect.gen(function* () {
          const { clickHouse: server, pg } = yield* Both
          const database = `load_${what.length}_${defensive ? 1 : 0}`
          const connection = yield* client(server)
          yield* Effect.promise(async () => {
            await createEventsTable(connection, database)
            await insertHostile(connection, { database, windows: hour })
            await insertEvents(connection, { database, rows: 4000, seed, windows: hour })
          })
          const opened = yield* configured(server, { config: { database }, selection: { teamId: "all" } }).open
          if (what === "the table of the user's page") {
            assert.deepStrictEqual(Object.keys(columns), created(opened.model))
          }
          const { rows } = yield* loadBoth(pg, opened, columns, { defensive, window: hour })
          assert.isAbove(rows, 4000)
          // json has no equality of its own; as text it is compared character for character.
          const wanted = Object.entries(columns)
            .map(([name, { targetType }]) => (targetType === "json" ? `"${name}"::text` : `"${name}"`))
            .join(", ")
          const [text, binary] = Object.keys(frame).map((table) => `SELECT ${wanted} FROM "${table}"`)
          const { rows: different } = yield* Effect.promise(() =>
            pg.query(`(${text} EXCEPT ALL ${binary}) UNION ALL (${binary} EXCEPT ALL ${text}) LIMIT 5`),
          )
          assert.deepStrictEqual(different, [])
        }),
      )
    }
  }

  it.effect("what lies outside of its type's range", () =>
    Effect.gen(function* () {
      const { clickHouse: server, pg } = yield* Both
      // What 64 bits hold, and the years 0 and 10000.
      const instants = `[toInt64('-9223372036854775808'), -62135596800000001, 0, 253402300799999999, 253402300800000000, 9223372036854775807]`
      const query = `SELECT toInt32(n) AS n, fromUnixTimestamp64Micro(${instants}[n], 'UTC') AS at, [at, NULL] AS ats, at AS rounded,
          fromUnixTimestamp64Second(intDiv(${instants}[n], 100), 'UTC') AS second, CAST(at, 'Nullable(DateTime64(6))') AS same,
          CAST(NULL, 'Nullable(DateTime64(6))') AS none, toDate32('2000-01-01') + toInt32((n - 3) * 700000000) AS day,
          [day] AS days,
          toDecimal32('5000000.00', 2) * toDecimal32(n - 3, 0) AS bounded
        FROM (SELECT arrayJoin(range(1, 7)) AS n) WHERE {window_start} < {window_end}`
      const opened = yield* configured(server, { selection: { name: "query", query } }).open
      const instant = { as: FieldType.timestamp(6), targetType: "timestamp with time zone" }
      const { adjusted } = yield* loadBoth(
        pg,
        opened,
        {
          n: { targetType: "integer" },
          at: instant,
          ats: { as: FieldType.list(FieldType.timestamp(6)), targetType: "timestamp with time zone[]" },
          rounded: { as: FieldType.timestamp(0), targetType: "timestamp(0) with time zone" },
          second: { as: FieldType.timestamp(0), targetType: "timestamp(0) with time zone" },
          same: instant,
          none: instant,
          day: { targetType: "date" },
          days: { targetType: "date[]" },
        },
        { window: hour },
      )
      assert.deepStrictEqual(adjusted, { at: 4, rounded: 5, second: 5, same: 4, day: 5 })
      const rows = (table: string) =>
        Effect.promise(async () => {
          await pg.query("SET TimeZone = 'UTC'")
          const { rows } = await pg.query<Record<string, string>>(
            `SELECT at::text, ats[1]::text AS of_list, rounded::text, second::text, same::text, none::text, day::text, days[1]::text AS day_of_list FROM "${table}" ORDER BY n`,
          )
          return rows.map((row) => Object.values(row))
        })
      const [first, middle, last] = ["0001-01-01 00:00:00+00", "1970-01-01 00:00:00+00", "9999-12-31 23:59:59+00"]
      const end = "9999-12-31 23:59:59.999999+00"
      const expected = [
        [first, first, first, first, first, null, "0001-01-01", "0001-01-01"],
        [first, first, first, first, first, null, "0001-01-01", "0001-01-01"],
        [middle, middle, middle, middle, middle, null, "2000-01-01", "2000-01-01"],
        [end, end, last, last, end, null, "9999-12-31", "9999-12-31"],
        [end, end, last, last, end, null, "9999-12-31", "9999-12-31"],
        [end, end, last, last, end, null, "9999-12-31", "9999-12-31"],
      ]
      assert.deepStrictEqual(yield* rows("postgres-copy-text"), expected)
      assert.deepStrictEqual(yield* rows("postgres-copy-binary"), expected)

      const decimals = yield* readAll(opened, {
        projection: projection(opened.model, "postgres-copy-text", ["n", "bounded"]),
        window: window(`${hour.start.toISOString()}/${hour.end.toISOString()}`),
      })
      assert.deepStrictEqual(
        decimals.text.split("\n").map((line) => line.split("\t")[1]),
        ["-9999999.99", "-5000000.00", "0.00", "5000000.00", "9999999.99", "9999999.99", undefined],
      )
      assert.deepStrictEqual(decimals.tally.adjusted, { bounded: 3 })
    }),
  )
})
