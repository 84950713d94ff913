/** Several runs of one export at once, and a table or a ledger that is not what it was: each ends in one definite way. */
import type { Destination } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { eventually, freshSchema, Postgres } from "./support/database.ts"
import { pairRows } from "./support/model.ts"
import { bytesOf, count, destination, exportText, hours, reasonOf, runOf } from "./support/run.ts"

const writeAll = Effect.fnUntraced(function* (sink: Destination.Sink, text: string) {
  for (const window of sink.missing) yield* sink.write({ window, bytes: bytesOf(text) })
})

layer(Postgres.layer, { excludeTestServices: true })("claims", (it) => {
  it.effect("two sinks on one window: the second waits, and loses when the first commits", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      const first = yield* to.open(runOf())
      const second = yield* to.open(runOf())
      yield* writeAll(first, pairRows(10))
      const waiting = yield* Effect.forkChild(reasonOf(writeAll(second, pairRows(10))))
      yield* eventually(
        "the second claim waits",
        sql<{ n: number }>(
          `SELECT count(*)::int4 AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'`,
          [schema],
        ),
        ([row]) => row?.n === 1,
      )
      yield* first.commit({ rows: 10, adjusted: {} })
      assert.strictEqual(yield* Fiber.join(waiting), "ClaimLost")
      assert.strictEqual(yield* count(schema), 10)
    }),
  )

  it.effect("two sinks on one window: the second goes ahead when the first is given up", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const written = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(
        Effect.scoped(
          Effect.gen(function* () {
            const sink = yield* to.open(runOf())
            yield* writeAll(sink, pairRows(10))
            yield* Deferred.succeed(written, undefined)
            return yield* Effect.never
          }),
        ),
      )
      yield* Deferred.await(written)
      const second = yield* Effect.forkChild(exportText(to, runOf(), pairRows(3)))
      yield* Fiber.interrupt(first)
      assert.strictEqual((yield* Fiber.join(second)).receipt?.stored.received, 3)
      assert.strictEqual(yield* count(schema), 3)
    }),
  )

  it.effect("a window that is held for longer than the lock timeout is busy", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const impatient = yield* destination(schema, { lockTimeout: "200 millis" })
      const first = yield* to.open(runOf({ window: hours(0, 3) }))
      yield* writeAll(first, pairRows(10))
      assert.strictEqual(yield* reasonOf(exportText(impatient, runOf({ window: hours(2, 4) }), pairRows(1))), "Busy")
      // A window beside it is free.
      yield* exportText(impatient, runOf({ window: hours(3, 4) }), pairRows(1))
      yield* first.commit({ rows: 10, adjusted: {} })
      assert.strictEqual(yield* count(schema), 11)
    }),
  )

  it.effect("eight runs of overlapping windows at once export each instant once", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const windows = Array.from({ length: 8 }, (_, at) => hours(at, at + 3))
      const attempt = (window: (typeof windows)[number]): Effect.Effect<unknown, string> =>
        exportText(to, runOf({ window }), pairRows(1)).pipe(
          Effect.catchIf(
            (error) => error.recovery === "reopen",
            () => attempt(window),
          ),
          Effect.mapError((error) => (typeof error === "string" ? error : error.message)),
        )
      yield* Effect.forEach(windows, attempt, { concurrency: 8 })
      const rows = yield* Stream.runCollect(to.ledger("an export"))
      assert.strictEqual(rows.at(0)?.window.start.toString(), hours(0, 1).start.toString())
      for (const [at, row] of rows.entries()) {
        const next = rows[at + 1]
        if (next !== undefined) assert.strictEqual(row.window.end.toString(), next.window.start.toString())
      }
      assert.strictEqual(rows.at(-1)?.window.end.toString(), hours(9, 10).end.toString())
      assert.strictEqual(yield* count(schema), rows.length)
    }),
  )

  it.effect("a table that was dropped, or dropped and made again, is not what the ledger speaks of", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      yield* exportText(to, runOf(), pairRows(2))
      yield* sql(`DROP TABLE ${schema}.t`)
      assert.strictEqual(yield* reasonOf(exportText(to, runOf({ window: hours(1, 2) }), pairRows(1))), "TargetReplaced")
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note varchar(200))`)
      const replaced = yield* Effect.flip(exportText(to, runOf(), pairRows(1)))
      assert.strictEqual(replaced.reason, "TargetReplaced")
      assert.strictEqual(yield* count(schema), 0)

      // Another export may use the table.
      yield* exportText(to, runOf({ export: "another" }), pairRows(1))
      assert.include(replaced.remedy, "batch-exports ledger forget 'an export' --all")
      assert.include(replaced.remedy, "batch-exports ledger accept 'an export'")
      assert.strictEqual(yield* to.accept("an export"), 1)
      assert.strictEqual(yield* to.accept("an export"), 0)
      assert.deepStrictEqual((yield* to.plan(runOf())).missing, [])
      yield* sql(`UPDATE ${schema}.batch_exports_ledger SET target_oid = 1 WHERE export = 'an export'`)
      assert.strictEqual(yield* to.forget("an export"), 1)
      yield* exportText(to, runOf(), pairRows(2))
      assert.strictEqual(yield* count(schema), 3)
    }),
  )

  for (const change of [
    "ALTER TABLE %s.t ALTER COLUMN note TYPE varchar(10)",
    "ALTER TABLE %s.t ALTER COLUMN id TYPE bigint",
    "ALTER TABLE %s.t DROP COLUMN note",
    "ALTER TABLE %s.t ADD COLUMN extra text NOT NULL DEFAULT ''",
    "DROP TABLE %s.t",
    "DROP TABLE %s.t; CREATE TABLE %s.t (id integer, note varchar(200))",
  ]) {
    it.effect(`${change} between open and write`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const { sql } = yield* Postgres
        yield* sql(`CREATE TABLE ${schema}.t (id integer, note varchar(200))`)
        const to = yield* destination(schema)
        const sink = yield* to.open(runOf())
        yield* sql(change.replaceAll("%s", schema))
        assert.strictEqual(yield* reasonOf(writeAll(sink, pairRows(1))), "TargetChanged")
        assert.deepStrictEqual(yield* Stream.runCollect(to.ledger("an export")), [])
      }),
    )
  }

  it.effect("a table that someone else creates between open and write must be the planned one", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      const same = yield* to.open(runOf())
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note varchar(200))`)
      yield* writeAll(same, pairRows(1))
      yield* sql(`SELECT 1`)
      const other = yield* destination(schema, { table: "u" })
      const sink = yield* other.open(runOf({ export: "another" }))
      yield* sql(`CREATE TABLE ${schema}.u (id integer, note text)`)
      assert.strictEqual(yield* reasonOf(writeAll(sink, pairRows(1))), "TargetChanged")
    }),
  )
})
