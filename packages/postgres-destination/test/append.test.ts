/** What an append export leaves in the database: the table as the page promises it, each record once, and the ledger. */
import { Window } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { DateTime, Effect, Stream } from "effect"
import { freshSchema, Postgres } from "./support/database.ts"
import { eventRows, events, pairRows } from "./support/model.ts"
import { bytesOf, count, destination, exportText, hours, runOf } from "./support/run.ts"

layer(Postgres.layer, { excludeTestServices: true })("append", (it) => {
  it.effect("creates exactly the table of the user's page", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema, { table: "events" })
      const plan = yield* to.plan(runOf({ model: events }))
      assert.match(plan.create[0] ?? "", /"uuid" VARCHAR\(200\)/)
      assert.match(plan.create[1] ?? "", /EXCLUDE USING gist/)
      assert.deepStrictEqual(plan.projection.leftOut, ["person_properties"])
      const { receipt } = yield* exportText(to, runOf({ model: events }), eventRows(100))
      assert.deepStrictEqual(receipt?.stored, { received: 100, inserted: 100, updated: 0, unchanged: 0 })

      const columns = yield* sql<{ column: string }>(
        `SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END AS column
         FROM pg_attribute WHERE attrelid = ($1)::regclass AND attnum > 0 ORDER BY attnum`,
        [`${schema}.events`],
      )
      assert.deepStrictEqual(
        columns.map(({ column }) => column),
        [
          "uuid character varying(200)",
          "event character varying(200)",
          "properties jsonb",
          "elements jsonb",
          "set jsonb",
          "set_once jsonb",
          "distinct_id character varying(200)",
          "team_id integer",
          "ip character varying(200)",
          "site_url character varying(200)",
          "timestamp timestamp with time zone",
        ],
      )
      const [row] = yield* sql<{ n: string; text: string; at: string }>(
        `SELECT count(*) AS n, min(properties->>'text') AS text, min("timestamp") AT TIME ZONE 'UTC' || '' AS at
         FROM ${schema}.events`,
      )
      assert.deepStrictEqual(row, { n: "100", text: "tab \t, é, 😀", at: "2026-01-01 00:00:00.123456" })
    }),
  )

  it.effect("exports a window once", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const run = runOf()
      assert.deepStrictEqual((yield* exportText(to, run, pairRows(10))).missing, [run.window])
      assert.deepStrictEqual((yield* exportText(to, runOf(), pairRows(10))).missing, [])
      assert.deepStrictEqual((yield* to.plan(runOf())).missing, [])
      assert.strictEqual(yield* count(schema), 10)
    }),
  )

  it.effect("fills only the gaps of an overlapping window, in one transaction", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ window: hours(1, 2) }), pairRows(1))
      yield* exportText(to, runOf({ window: hours(3, 4) }), pairRows(1))
      const { missing } = yield* exportText(to, runOf({ window: hours(0, 6) }), pairRows(2))
      assert.deepStrictEqual(missing.map(Window.format), [hours(0, 1), hours(2, 3), hours(4, 6)].map(Window.format))
      assert.strictEqual(yield* count(schema), 8)
      assert.deepStrictEqual((yield* to.plan(runOf({ window: hours(0, 6) }))).missing, [])
    }),
  )

  it.effect("keeps exports apart that share a table", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ export: "one" }), pairRows(1))
      yield* exportText(to, runOf({ export: "two" }), pairRows(1))
      assert.strictEqual(yield* count(schema), 2)
    }),
  )

  it.effect("records an empty window as exported", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const { receipt } = yield* exportText(to, runOf(), "")
      assert.strictEqual(receipt?.stored.received, 0)
      assert.deepStrictEqual((yield* exportText(to, runOf(), pairRows(5))).missing, [])
      assert.strictEqual(yield* count(schema), 0)
    }),
  )

  it.effect("takes bytes in any pieces", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      const text = `1\té😀\\t\n2\t\\N\n3\t\n${pairRows(3000, 4, "🙂".repeat(150))}`
      const whole = Buffer.from(text)
      const ways: ReadonlyArray<ReadonlyArray<Uint8Array>> = [
        [whole],
        Array.from({ length: 500 }, (_, at) => whole.subarray(at, at + 1)).concat([whole.subarray(500)]),
        [Buffer.alloc(0), whole.subarray(0, 3), Buffer.alloc(0), whole.subarray(3)],
      ]
      for (const [index, chunks] of ways.entries()) {
        const run = runOf({ window: hours(index, index + 1) })
        yield* Effect.scoped(
          Effect.gen(function* () {
            const sink = yield* to.open(run)
            const stored = yield* sink.write({ window: run.window, bytes: bytesOf(...chunks) })
            assert.strictEqual(stored.received, 3003)
            yield* sink.commit({ rows: 3003, adjusted: {} })
          }),
        )
      }
      const rows = yield* sql<{ n: string }>(`SELECT count(*) AS n FROM ${schema}.t GROUP BY id, note`)
      assert.deepStrictEqual(
        rows.filter(({ n }) => n !== "3"),
        [],
      )
      const notes = yield* sql<{ note: string | null }>(
        `SELECT DISTINCT ON (id) note FROM ${schema}.t WHERE id < 4 ORDER BY id`,
      )
      assert.deepStrictEqual(
        notes.map(({ note }) => note),
        ["é😀\t", null, ""],
      )
    }),
  )

  it.effect("tells its ledger, in order", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      assert.deepStrictEqual(yield* Stream.runCollect(to.ledger("an export")), [])
      yield* exportText(to, runOf({ id: "second", window: hours(1, 2) }), pairRows(3))
      yield* exportText(to, runOf({ id: "first", window: hours(0, 1), definition: "definition 2" }), pairRows(2))
      const rows = yield* Stream.runCollect(to.ledger("an export"))
      assert.deepStrictEqual(
        rows.map(({ bytes, definition, rows, run, window }) => ({
          bytes,
          definition,
          rows,
          run,
          window: Window.format(window),
        })),
        [
          { bytes: 8, definition: "definition 2", rows: 2, run: "first", window: Window.format(hours(0, 1)) },
          { bytes: 12, definition: "definition 1", rows: 3, run: "second", window: Window.format(hours(1, 2)) },
        ],
      )
      assert.isTrue(rows.every(({ committedAt }) => DateTime.isGreaterThan(committedAt, hours(0, 1).start)))
      assert.deepStrictEqual(yield* Stream.runCollect(to.ledger("another")), [])
    }),
  )

  it.effect("says, and does not repeat, what was exported by another definition", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ window: hours(0, 1) }), pairRows(1))
      const { missing, notices } = yield* exportText(
        to,
        runOf({ window: hours(0, 2), definition: "definition 2" }),
        pairRows(1),
      )
      assert.deepStrictEqual(missing.map(Window.format), [Window.format(hours(1, 2))])
      assert.match(notices.join(), /1 committed window was exported with another definition/)
    }),
  )

  it.effect("leaves nothing behind when opened, planned, and not written to", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      yield* to.plan(runOf())
      yield* Effect.scoped(to.open(runOf()))
      assert.deepStrictEqual(
        yield* sql(`SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace`, [schema]),
        [],
      )
    }),
  )
})
