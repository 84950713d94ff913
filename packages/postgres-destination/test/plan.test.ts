/** What a plan tells of a table, before anything is sent. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { freshSchema, Postgres } from "./support/database.ts"
import { events, pairs, persons } from "./support/model.ts"
import { destination, runOf } from "./support/run.ts"

const keyed = { ...pairs, identity: { _tag: "Append", dedupeKey: ["id"] } } as const

layer(Postgres.layer, { excludeTestServices: true })("plan", (it) => {
  it.effect("size, and what every record pays for", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.other (id integer PRIMARY KEY)`)
      yield* sql(`CREATE TABLE ${schema}.t (id integer PRIMARY KEY REFERENCES ${schema}.other, note text UNIQUE)`)
      yield* sql(`CREATE FUNCTION ${schema}.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`)
      yield* sql(`CREATE TRIGGER watch AFTER INSERT ON ${schema}.t FOR EACH ROW EXECUTE FUNCTION ${schema}.f()`)
      const notices = Effect.fnUntraced(function* (run: Parameters<typeof runOf>[0], settings = {}) {
        return (yield* (yield* destination(schema, settings)).plan(runOf(run))).notices
      })
      const found = yield* notices({})
      assert.match(found[1] ?? "", /straight into the table/)
      assert.match(found[2] ?? "", /^The table has [\d.]+ MB\.$/)
      assert.deepStrictEqual(found.slice(3, 6), [
        "Every record also pays for 2 indexes: t_note_key, t_pkey.",
        "Every record also pays for 1 trigger: watch.",
        "Every record also pays for 1 foreign key: t_id_fkey.",
      ])
      yield* sql(`INSERT INTO ${schema}.other SELECT generate_series(1, 1500)`)
      yield* sql(`INSERT INTO ${schema}.t SELECT id, id FROM ${schema}.other`)
      yield* sql(`ANALYZE ${schema}.t`)
      assert.match(
        (yield* notices({ mode: "fill", model: keyed })).join(),
        /found in the table are left out.+about 1\.5K rows/,
      )
      assert.match((yield* notices({ model: keyed }, { uniqueEvents: true })).join(), /pays for 1 index: t_note_key/)
    }),
  )

  it.effect("partitioned tables, and tables that do not exist", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      assert.match(
        (yield* to.plan(runOf({ model: persons }))).notices[1] ?? "",
        /merged by key \(team_id, distinct_id\)/,
      )
      yield* sql(`CREATE TABLE ${schema}.t (LIKE pg_catalog.pg_class) PARTITION BY HASH (relname)`)
      yield* sql(`CREATE TABLE ${schema}.t_0 PARTITION OF ${schema}.t FOR VALUES WITH (MODULUS 1, REMAINDER 0)`)
      yield* sql(`ALTER TABLE ${schema}.t ADD COLUMN uuid text`)
      const odd = yield* Effect.flip(to.plan(runOf({ model: events })))
      assert.strictEqual(odd.reason, "TargetIncompatible")
      yield* sql(`DROP TABLE ${schema}.t`)
      yield* sql(`CREATE TABLE ${schema}.t (uuid text) PARTITION BY HASH (uuid)`)
      yield* sql(`CREATE TABLE ${schema}.t_0 PARTITION OF ${schema}.t FOR VALUES WITH (MODULUS 1, REMAINDER 0)`)
      yield* sql(`INSERT INTO ${schema}.t SELECT generate_series(1, 3000)`)
      yield* sql(`ANALYZE ${schema}.t`)
      assert.match((yield* to.plan(runOf({ model: events }))).notices.join(), /about 3K rows and [\d.]+ MB/)
    }),
  )
})
