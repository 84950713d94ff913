/** Exporting what is already there: again by force, only what is absent, or only what is new by a unique key. */
import { Window } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { eventually, freshSchema, Postgres } from "./support/database.ts"
import { eventRows, events, pairRows, pairs, personRow, persons } from "./support/model.ts"
import { bytesOf, count, destination, exportText, hours, runOf } from "./support/run.ts"

const keyed = { ...pairs, identity: { _tag: "Append", dedupeKey: ["id"] } } as const

layer(Postgres.layer, { excludeTestServices: true })("modes", (it) => {
  it.effect("force: again, gaps too; records come twice, and the ledger tells of the last run", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ window: hours(1, 2) }), pairRows(3))
      const forced = runOf({ id: "forced", window: hours(0, 3), mode: "force", definition: "definition 2" })
      const windows = [hours(0, 1), hours(1, 2), hours(2, 3)].map(Window.format)
      assert.deepStrictEqual((yield* to.plan(forced)).missing.map(Window.format), windows)
      const { missing } = yield* exportText(to, forced, pairRows(2))
      assert.deepStrictEqual(missing.map(Window.format), windows)
      assert.strictEqual(yield* count(schema), 9)
      const ledger = yield* Stream.runCollect(to.ledger("an export"))
      assert.deepStrictEqual(
        ledger.map(({ definition, rows, run, window }) => [Window.format(window), run, rows, definition]),
        windows.map((window) => [window, "forced", 2, "definition 2"]),
      )
      assert.deepStrictEqual((yield* to.plan(runOf({ window: hours(0, 3) }))).missing, [])
    }),
  )

  it.effect("force: a window is exported again as the whole that it was", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ window: hours(0, 2) }), pairRows(1))
      const refused = yield* Effect.flip(exportText(to, runOf({ window: hours(1, 3), mode: "force" }), pairRows(1)))
      assert.strictEqual(refused.reason, "Unsupported")
      assert.include(refused.message, Window.format(hours(0, 2)))
      assert.strictEqual(yield* count(schema), 1)
    }),
  )

  it.effect("force: a run that is given up leaves records and ledger as they were; a second one waits", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ id: "first" }), pairRows(3))
      const written = yield* Deferred.make<void>()
      const abandoned = yield* Effect.forkChild(
        Effect.scoped(
          Effect.gen(function* () {
            const run = runOf({ mode: "force" })
            const sink = yield* to.open(run)
            yield* sink.write({ window: run.window, bytes: bytesOf(pairRows(7)) })
            yield* Deferred.succeed(written, undefined)
            return yield* Effect.never
          }),
        ),
      )
      yield* Deferred.await(written)
      assert.deepStrictEqual((yield* to.plan(runOf())).missing, [])
      const second = yield* Effect.forkChild(exportText(to, runOf({ id: "second", mode: "force" }), pairRows(2)))
      yield* eventually(
        "the second waits",
        sql<{ n: number }>(
          `SELECT count(*)::int4 AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'`,
          [schema],
        ),
        ([row]) => row?.n === 1,
      )
      yield* Fiber.interrupt(abandoned)
      yield* Fiber.join(second)
      assert.strictEqual(yield* count(schema), 5)
      const [row] = yield* Stream.runCollect(to.ledger("an export"))
      assert.deepStrictEqual([row?.run, row?.rows], ["second", 2])
    }),
  )

  it.effect("force and fill of merged records change nothing that is not newer", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const rows = personRow("x", "A", 1, 1) + personRow("y", "A", 1, 1)
      yield* exportText(to, runOf({ model: persons }), rows)
      for (const mode of ["force", "fill"] as const) {
        const { receipt } = yield* exportText(to, runOf({ model: persons, mode }), rows + personRow(mode, "A", 1, 1))
        assert.deepStrictEqual(receipt?.stored, { received: 3, inserted: 1, updated: 0, unchanged: 2 })
      }
    }),
  )

  it.effect("fill: only keys that the table lacks, once each", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ model: keyed, window: hours(0, 1) }), pairRows(10))
      const { receipt } = yield* exportText(
        to,
        runOf({ model: keyed, window: hours(0, 2), mode: "fill" }),
        `${pairRows(12, 0, "late")}11\tagain\n`,
      )
      assert.deepStrictEqual(receipt?.stored, { received: 26, inserted: 2, updated: 0, unchanged: 24 })
      assert.deepStrictEqual(
        yield* sql(`SELECT note, count(*)::int4 AS n FROM ${schema}.t GROUP BY note ORDER BY note`),
        [
          { note: "a", n: 10 },
          { note: "late", n: 2 },
        ],
      )
      const ledger = yield* Stream.runCollect(to.ledger("an export"))
      assert.deepStrictEqual(
        ledger.map(({ rows }) => rows),
        [13, 13],
      )
    }),
  )

  it.effect("fill: waits for a run that is writing into the table, and leaves its records alone", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ model: keyed }), pairRows(10))
      const other = runOf({ model: keyed, export: "another", window: hours(1, 2) })
      const filling = yield* Effect.scoped(
        Effect.gen(function* () {
          const sink = yield* to.open(other)
          yield* sink.write({ window: other.window, bytes: bytesOf(pairRows(2, 10)) })
          const fiber = yield* Effect.forkDetach(
            exportText(to, runOf({ model: keyed, mode: "fill" }), pairRows(13, 0, "late")),
          )
          yield* eventually(
            "the fill waits",
            sql(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%advisory%'`),
            (found) => found.length === 1,
          )
          yield* sink.commit({ rows: 2, adjusted: {} })
          return fiber
        }),
      )
      const { receipt } = yield* Fiber.join(filling)
      assert.deepStrictEqual(receipt?.stored, { received: 13, inserted: 1, updated: 0, unchanged: 12 })
      assert.strictEqual(yield* count(schema), 13)
    }),
  )

  it.effect("fill: a key that is NULL is a key", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ model: keyed }), "\\N\ta\n1\ta\n")
      const { receipt } = yield* exportText(to, runOf({ model: keyed, mode: "fill" }), "\\N\tb\n1\tb\n2\tb\n")
      assert.strictEqual(receipt?.stored.inserted, 1)
    }),
  )

  it.effect("uniqueEvents: a new table gets the key, and a record is stored once whatever window it comes in", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema, { uniqueEvents: true })
      const plan = yield* to.plan(runOf({ model: events }))
      assert.include(plan.create[0] ?? "", 'UNIQUE ("team_id", "event", "distinct_id", "uuid")')
      yield* exportText(to, runOf({ model: events, window: hours(0, 1) }), eventRows(50))
      const { receipt } = yield* exportText(
        to,
        runOf({ model: events, window: hours(1, 2) }),
        eventRows(60) + eventRows(60),
      )
      assert.deepStrictEqual(receipt?.stored, { received: 120, inserted: 10, updated: 0, unchanged: 110 })
      yield* exportText(to, runOf({ model: events, window: hours(0, 2), mode: "force" }), eventRows(60))
      assert.strictEqual(yield* count(schema), 60)
    }),
  )

  it.effect("uniqueEvents: a table without the key is refused with the statement that makes it", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema, { uniqueEvents: true })
      yield* exportText(yield* destination(schema), runOf({ model: keyed }), pairRows(5))
      const refused = yield* Effect.flip(to.plan(runOf({ model: keyed, window: hours(1, 2) })))
      assert.strictEqual(refused.reason, "TargetIncompatible")
      yield* sql(/CREATE UNIQUE INDEX [^;]+;/.exec(refused.remedy)?.[0] ?? "")
      yield* exportText(to, runOf({ model: keyed, window: hours(1, 2) }), pairRows(8))
      assert.strictEqual(yield* count(schema), 8)
    }),
  )

  it.effect("a trigger that drops records: a failure, unless they are to be counted", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (id integer UNIQUE, note text)`)
      yield* sql(
        `CREATE FUNCTION ${schema}.odd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id % 2 = 1 THEN RETURN NULL; END IF; RETURN NEW; END'`,
      )
      yield* sql(`CREATE TRIGGER odd BEFORE INSERT ON ${schema}.t FOR EACH ROW EXECUTE FUNCTION ${schema}.odd()`)
      const merged = { ...pairs, identity: { _tag: "Upsert", key: ["id"], versions: [] } } as const
      const counting = yield* destination(schema, { suppressedRows: "count" })
      const failing = yield* destination(schema)
      const unique = yield* destination(schema, { uniqueEvents: true })
      const stored = { received: 10, inserted: 5, updated: 0, unchanged: 5 }
      let hour = 0
      for (const [to, run, expected] of [
        [counting, runOf(), stored],
        [failing, runOf(), "CountMismatch"],
        [unique, runOf({ model: keyed }), "ConstraintViolated"],
        [failing, runOf({ model: keyed, mode: "fill" }), "ConstraintViolated"],
        [failing, runOf({ model: merged }), "ConstraintViolated"],
        [counting, runOf({ model: merged }), stored],
      ] as const) {
        yield* sql(`TRUNCATE ${schema}.t`)
        const window = hours(hour, ++hour)
        const done = yield* Effect.match(exportText(to, { ...run, window }, pairRows(10)), {
          onSuccess: ({ receipt }) => receipt?.stored,
          onFailure: ({ reason }) => reason,
        })
        assert.deepStrictEqual<unknown>(done, expected)
      }
    }),
  )

  it.effect("a trigger of a partition, or a rule, that drops records is no secret either", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(
        `CREATE TABLE ${schema}.t (id integer PRIMARY KEY, note text) PARTITION BY RANGE (id);
         CREATE TABLE ${schema}.t1 PARTITION OF ${schema}.t FOR VALUES FROM (0) TO (99);
         CREATE FUNCTION ${schema}.odd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id % 2 = 1 THEN RETURN NULL; END IF; RETURN NEW; END';
         CREATE TRIGGER odd BEFORE INSERT ON ${schema}.t1 FOR EACH ROW EXECUTE FUNCTION ${schema}.odd();
         CREATE TABLE ${schema}.ruled (id integer, note text);
         CREATE RULE none AS ON INSERT TO ${schema}.ruled WHERE new.id > 4 DO INSTEAD NOTHING`,
      )
      const merged = { ...pairs, identity: { _tag: "Upsert", key: ["id"], versions: [] } } as const
      for (const [table, run] of [
        ["t", runOf({ model: merged })],
        ["ruled", runOf({ model: keyed, mode: "fill", export: "another" })],
      ] as const) {
        const error = yield* Effect.flip(exportText(yield* destination(schema, { table }), run, pairRows(10)))
        assert.strictEqual(error.reason, "ConstraintViolated")
        assert.match(error.message, /dropped 5 records/)
        assert.strictEqual(yield* count(schema, table), 0)
      }
    }),
  )
})
