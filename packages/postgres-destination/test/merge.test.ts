/** Records that replace older ones: each version group on its own, whatever order they come in. */
import { FieldType, type Model, RecordSchema } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { freshSchema, Postgres } from "./support/database.ts"
import { field, mergedPairs, personRow, persons } from "./support/model.ts"
import { destination, exportText, hours, reasonOf, runOf, type Settings } from "./support/run.ts"

/** A table of persons, and a way to export one window after the other into it. */
const start = Effect.fnUntraced(function* (model: Model.Model = persons, settings: Settings = {}) {
  const schema = yield* freshSchema
  const { sql } = yield* Postgres
  const to = yield* destination(schema, settings)
  let hour = 0
  const send = (...rows: ReadonlyArray<string>) => {
    const window = hours(hour, ++hour)
    return Effect.map(exportText(to, runOf({ model, window }), rows.join("")), ({ receipt }) => receipt?.stored)
  }
  const table = Effect.map(
    sql<{ row: string }>(
      `SELECT concat_ws(' ', distinct_id, person_id, person_distinct_id_version, person_version, properties->>'note') AS row
       FROM ${schema}.t ORDER BY distinct_id`,
    ),
    (rows) => rows.map(({ row }) => row),
  )
  const places = Effect.map(
    sql<{ place: string }>(`SELECT ctid::text AS place FROM ${schema}.t ORDER BY distinct_id`),
    (rows) => rows.map(({ place }) => place),
  )
  return { schema, sql, to, send, table, places }
})

layer(Postgres.layer, { excludeTestServices: true })("merges", (it) => {
  it.effect("creates the table of the user's page, with the key", () =>
    Effect.gen(function* () {
      const { schema, send, sql, to } = yield* start()
      const plan = yield* to.plan(runOf({ model: persons }))
      assert.match(plan.create[0] ?? "", /PRIMARY KEY \("team_id", "distinct_id"\)/)
      assert.deepStrictEqual(plan.projection.leftOut, ["is_deleted"])
      assert.deepStrictEqual(yield* send(personRow("x", "A", 1, 1)), {
        received: 1,
        inserted: 1,
        updated: 0,
        unchanged: 0,
      })
      const columns = yield* sql<{ column: string }>(
        `SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END AS column
         FROM pg_attribute WHERE attrelid = ($1)::regclass AND attnum > 0 ORDER BY attnum`,
        [`${schema}.t`],
      )
      assert.deepStrictEqual(
        columns.map(({ column }) => column),
        [
          "team_id integer NOT NULL",
          "distinct_id text NOT NULL",
          "person_id text",
          "properties jsonb",
          "person_distinct_id_version integer",
          "person_version integer",
          "created_at timestamp with time zone",
        ],
      )
    }),
  )

  it.effect("newer wins, older and equal do not, and what is not newer is not written", () =>
    Effect.gen(function* () {
      const { places, send, table } = yield* start()
      yield* send(personRow("x", "A", 2, 5), personRow("y", "B", 1, 1))
      const before = yield* places
      const again = yield* send(personRow("x", "A", 2, 5, "other"), personRow("y", "B", 1, 1))
      assert.deepStrictEqual(again, { received: 2, inserted: 0, updated: 0, unchanged: 2 })
      const older = yield* send(personRow("x", "A", 1, 4))
      assert.deepStrictEqual(older, { received: 1, inserted: 0, updated: 0, unchanged: 1 })
      assert.deepStrictEqual(yield* places, before)
      const newer = yield* send(personRow("x", "A", 2, 6), personRow("z", "C", 1, 1))
      assert.deepStrictEqual(newer, { received: 2, inserted: 1, updated: 1, unchanged: 0 })
      assert.deepStrictEqual(yield* table, ["x A 2 6 A6", "y B 1 1 B1", "z C 1 1 C1"])
    }),
  )

  it.effect("each group moves alone, and a person's version counts only within that person", () =>
    Effect.gen(function* () {
      const { send, table } = yield* start()
      yield* send(personRow("x", "B", 7, 3))
      // An older mapping to another person, however new that person is.
      yield* send(personRow("x", "A", 6, 40))
      assert.deepStrictEqual(yield* table, ["x B 7 3 B3"])
      // The mapping is renewed, the person is older: only the mapping moves.
      yield* send(personRow("x", "B", 8, 2))
      assert.deepStrictEqual(yield* table, ["x B 8 3 B3"])
      // The person is renewed, the mapping is older.
      yield* send(personRow("x", "B", 5, 4))
      assert.deepStrictEqual(yield* table, ["x B 8 4 B4"])
      // Another person takes all of it along, with a lower version of its own.
      yield* send(personRow("x", "C", 9, 1))
      assert.deepStrictEqual(yield* table, ["x C 9 1 C1"])
    }),
  )

  it.effect("no version is older than any; a newer NULL overwrites", () =>
    Effect.gen(function* () {
      const { schema, send, sql, table } = yield* start()
      yield* send(personRow("x", "A", null, null))
      yield* send(personRow("x", "A", null, null, "other"))
      assert.deepStrictEqual(yield* table, ["x A Anull"])
      yield* send(personRow("x", "A", 0, 0))
      assert.deepStrictEqual(yield* table, ["x A 0 0 A0"])
      yield* send(personRow("x", "A", null, null))
      assert.deepStrictEqual(yield* table, ["x A 0 0 A0"])
      yield* send(personRow("x", "A", 0, 1, null))
      assert.deepStrictEqual(yield* sql(`SELECT properties IS NULL AS gone FROM ${schema}.t`), [{ gone: true }])
    }),
  )

  it.effect("one key many times in a run: the newest of each group, the first of equals", () =>
    Effect.gen(function* () {
      const { send, table } = yield* start()
      const stored = yield* send(
        personRow("x", "A", 1, 9),
        personRow("x", "B", 3, 2, "first"),
        personRow("x", "B", 3, 2, "second"),
        personRow("x", "B", 2, 4),
        personRow("x", "A", 2, 10),
        personRow("y", "A", 1, 1),
        personRow("y", "A", 1, null),
      )
      assert.deepStrictEqual(stored, { received: 7, inserted: 2, updated: 0, unchanged: 5 })
      assert.deepStrictEqual(yield* table, ["x B 3 4 B4", "y A 1 1 A1"])
      yield* send(personRow("x", "C", 4, 1, "first"), personRow("x", "C", 4, 1, "second"))
      assert.deepStrictEqual((yield* table)[0], "x C 4 1 first")
    }),
  )

  it.effect("a key without a value stops, and is named", () =>
    Effect.gen(function* () {
      const { send, table } = yield* start()
      yield* send(personRow("x", "A", 1, 1))
      const error = yield* Effect.flip(send(personRow("\\N", "A", 1, 1)))
      assert.strictEqual(error.reason, "ValueUnfit")
      assert.include(error.message, "team_id, distinct_id")
      assert.deepStrictEqual(yield* table, ["x A 1 1 A1"])
    }),
  )

  it.effect("a domain that takes no NULL, in a column that is no key, is not taken for the key", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE DOMAIN ${schema}.filled AS text NOT NULL`)
      yield* sql(`CREATE TABLE ${schema}.t (id integer PRIMARY KEY, note ${schema}.filled)`)
      const error = yield* Effect.flip(
        exportText(yield* destination(schema), runOf({ model: mergedPairs }), "1\t\\N\n"),
      )
      assert.strictEqual(error.reason, "ConstraintViolated")
      assert.include(error.message, '"note"')
    }),
  )

  it.effect("a table without a key that ON CONFLICT can use is refused with the statement that makes one", () =>
    Effect.gen(function* () {
      const { schema, send, sql, table, to } = yield* start()
      const columns =
        "team_id integer, distinct_id text, person_id text, properties jsonb, person_distinct_id_version bigint, person_version bigint, created_at timestamptz"
      yield* sql(`CREATE TABLE ${schema}.t (${columns})`)
      const plan = to.plan(runOf({ model: persons }))
      for (const key of [
        "UNIQUE (team_id, distinct_id) DEFERRABLE",
        "UNIQUE (team_id, distinct_id, person_id)",
        "UNIQUE (distinct_id)",
      ]) {
        yield* sql(`DROP TABLE ${schema}.t; CREATE TABLE ${schema}.t (${columns}, ${key})`)
        assert.strictEqual(yield* reasonOf(plan), "TargetIncompatible", key)
      }
      yield* sql(`DROP TABLE ${schema}.t; CREATE TABLE ${schema}.t (${columns})`)
      yield* sql(`CREATE UNIQUE INDEX halved ON ${schema}.t (team_id, distinct_id) WHERE team_id > 0`)
      const refused = yield* Effect.flip(plan)
      assert.include(refused.message, 'index "halved" is partial')
      yield* sql(/ALTER TABLE [^;]+;/.exec(refused.remedy)?.[0] ?? "")
      yield* send(personRow("x", "A", 1, 1))
      assert.deepStrictEqual(yield* table, ["x A 1 1 A1"])
      // A unique index does as well, its columns in any order.
      yield* sql(`ALTER TABLE ${schema}.t DROP CONSTRAINT t_pkey`)
      yield* sql(`CREATE UNIQUE INDEX ON ${schema}.t (distinct_id, team_id) INCLUDE (created_at)`)
      yield* send(personRow("x", "A", 2, 2))
      assert.deepStrictEqual(yield* table, ["x A 2 2 A2"])
    }),
  )

  it.effect("a column in which different keys are equal is refused; one that is short for a key says so", () =>
    Effect.gen(function* () {
      const { schema, sql, to } = yield* start()
      yield* sql(`CREATE TABLE ${schema}.t (team_id integer, distinct_id char(20), person_id varchar(10), properties jsonb,
                  person_distinct_id_version integer, person_version integer, PRIMARY KEY (team_id, distinct_id))`)
      const refused = yield* Effect.flip(to.plan(runOf({ model: persons })))
      assert.strictEqual(refused.reason, "TargetIncompatible")
      yield* sql(/ALTER TABLE [^;]+;/.exec(refused.remedy)?.[0] ?? "")
      const { notices } = yield* to.plan(runOf({ model: persons }))
      yield* sql(/ALTER TABLE [^;]+;/.exec(notices.join("\n"))?.[0] ?? "")
      assert.notMatch((yield* to.plan(runOf({ model: persons }))).notices.join("\n"), /ALTER/)
      const row = personRow("x", "A", 1, 1).replace(/\t[^\t]+\n$/, "\n")
      const large = row.replace("\t1\n", "\t5000000000\n")
      const unfit = yield* Effect.flip(exportText(to, runOf({ model: persons }), large))
      assert.strictEqual(unfit.reason, "ValueUnfit")
      yield* sql(/ALTER TABLE [^;]+;/.exec(unfit.remedy)?.[0] ?? "")
      yield* exportText(to, runOf({ model: persons }), large)
    }),
  )

  it.effect("a table without a version is refused with the ALTER, unless what was read last may win", () =>
    Effect.gen(function* () {
      const { schema, send, sql, to } = yield* start()
      yield* sql(`CREATE TABLE ${schema}.t (team_id integer, distinct_id text, person_id text, properties jsonb,
                  person_distinct_id_version integer, PRIMARY KEY (team_id, distinct_id))`)
      const refused = yield* Effect.flip(to.plan(runOf({ model: persons })))
      assert.strictEqual(refused.reason, "TargetIncompatible")
      assert.include(refused.message, 'it has no column "person_version"')
      const statement = /ALTER TABLE [^;]+;/.exec(refused.remedy)?.[0] ?? ""
      assert.include(statement, 'ADD COLUMN "person_version" INTEGER')
      const lax = yield* destination(schema, { merge: "last-read" })
      const row = (mapping: number, note: string) => `1\tx\tA\t{"note":"${note}"}\t${mapping}\n`
      const sent = (hour: number, text: string) =>
        Effect.map(
          exportText(lax, runOf({ model: persons, window: hours(hour, hour + 1) }), text),
          ({ receipt }) => receipt?.stored,
        )
      const { notices } = yield* lax.plan(runOf({ model: persons }))
      assert.include(notices.join(), "no version for properties: what is read last wins")
      yield* sent(10, row(5, "one"))
      assert.deepStrictEqual(yield* sent(11, row(4, "two")), { received: 1, inserted: 0, updated: 1, unchanged: 0 })
      assert.deepStrictEqual(yield* sent(12, row(4, "two")), { received: 1, inserted: 0, updated: 0, unchanged: 1 })
      yield* sent(13, row(5, "three") + row(5, "four"))
      assert.deepStrictEqual(
        yield* sql(`SELECT person_distinct_id_version AS mapping, properties->>'note' AS note FROM ${schema}.t`),
        [{ mapping: 5, note: "four" }],
      )
      // An old window, again or for the first time, would turn records back that later ones brought.
      for (const [hour, mode] of [
        [11, "force"],
        [9, "once"],
      ] as const) {
        const old = runOf({ model: persons, window: hours(hour, hour + 1), mode })
        const error = yield* Effect.flip(exportText(lax, old, row(4, "two")))
        assert.strictEqual(error.reason, "Unsupported")
        assert.include(error.remedy, 'ADD COLUMN "person_version" INTEGER')
        // Records that are read as they are now do not.
        yield* lax.plan({ ...old, endless: true })
      }
      yield* exportText(lax, runOf({ model: persons, window: hours(10, 14), mode: "force" }), row(5, "four"))
      yield* sql(statement)
      yield* send(personRow("x", "A", 5, 7).replace(/\t[^\t]+\n$/, "\n"))
    }),
  )

  it.effect("the same in a partitioned table, with defaults and columns of the user's own", () =>
    Effect.gen(function* () {
      const { schema, send, sql, table } = yield* start()
      yield* sql(`CREATE TABLE ${schema}.t (seen timestamptz NOT NULL DEFAULT now(), person_version bigint, properties jsonb, distinct_id text,
                  team_id bigint, person_distinct_id_version numeric, person_id varchar(40), created_at timestamptz, note text GENERATED ALWAYS AS (properties->>'note') STORED,
                  is_deleted boolean, PRIMARY KEY (team_id, distinct_id)) PARTITION BY HASH (distinct_id)`)
      for (const part of [0, 1]) {
        yield* sql(
          `CREATE TABLE ${schema}.t_${part} PARTITION OF ${schema}.t FOR VALUES WITH (MODULUS 2, REMAINDER ${part})`,
        )
      }
      const more = (row: string) => row.replace("\n", "\tf\n")
      const rows = Array.from({ length: 20 }, (_, at) => more(personRow(`p${String(at).padStart(2, "0")}`, "A", 1, 1)))
      assert.deepStrictEqual(yield* send(...rows), { received: 20, inserted: 20, updated: 0, unchanged: 0 })
      assert.deepStrictEqual(
        yield* send(
          more(personRow("p00", "A", 1, 2)),
          more(personRow("p01", "A", 1, 1)),
          more(personRow("q", "A", 1, 1)),
        ),
        {
          received: 3,
          inserted: 1,
          updated: 1,
          unchanged: 1,
        },
      )
      assert.deepStrictEqual((yield* table).slice(0, 2), ["p00 A 1 2 A2", "p01 A 1 1 A1"])
    }),
  )

  it.effect("one group, any types of key, `json` and hostile names", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const model: Model.Model = {
        name: "odd",
        description: "Odd",
        schema: RecordSchema.make(
          field('k"1', FieldType.uuid, { nullable: false }),
          field("k.2; --", FieldType.timestamp(6), { nullable: false }),
          field("excluded", FieldType.json),
          field("select", FieldType.list(FieldType.text())),
          field("t", FieldType.int64),
        ),
        identity: {
          _tag: "Upsert",
          key: ['k"1', "k.2; --"],
          versions: [{ version: "t", fields: ["excluded", "select"] }],
        },
      }
      const to = yield* destination(schema, { table: 'odd "table" $1' })
      const row = (version: number, note: string) =>
        `0190f0f0-0000-7000-8000-00000000ffff\t2026-01-01 00:00:00.000001+00\t"${note}"\t{"${note}",NULL}\t${version}\n`
      const send = (hour: number, text: string) =>
        exportText(to, runOf({ model, window: hours(hour, hour + 1) }), text).pipe(
          Effect.map(({ receipt }) => receipt?.stored),
        )
      assert.deepStrictEqual(yield* send(0, row(1, "a") + row(3, "c") + row(2, "b")), {
        received: 3,
        inserted: 1,
        updated: 0,
        unchanged: 2,
      })
      yield* send(1, row(2, "b"))
      yield* send(2, row(4, "d"))
      assert.deepStrictEqual(
        yield* sql(`SELECT "excluded"#>>'{}' AS a, "select"[1] AS b, t::int4 AS t FROM ${schema}."odd ""table"" $1"`),
        [{ a: "d", b: "d", t: 4 }],
      )
    }),
  )

  it.effect("runs of one export go one at a time, and none is lost", () =>
    Effect.gen(function* () {
      const { schema, sql, to } = yield* start()
      const rounds = Array.from({ length: 8 }, (_, at) => at)
      const rowsOf = (round: number) =>
        Array.from({ length: 200 }, (_, at) => personRow(`p${(at * 37 + round * 11) % 200}`, "A", 1, round)).join("")
      yield* Effect.forEach(
        rounds,
        (round) => exportText(to, runOf({ model: persons, window: hours(round, round + 1) }), rowsOf(round)),
        { concurrency: 4 },
      )
      assert.deepStrictEqual(
        yield* sql(
          `SELECT count(*)::int4 AS n, min(person_version) AS low, max(person_version) AS high FROM ${schema}.t`,
        ),
        [{ n: 200, low: 7, high: 7 }],
      )
    }),
  )
})
