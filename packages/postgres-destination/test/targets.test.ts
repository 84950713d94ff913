/** The user's table, as it is: what fits is filled, what is extra is left alone, what cannot work is refused before a row. */
import { FieldType, type Model, RecordSchema } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { quote } from "../src/identifier.ts"
import { freshSchema, Postgres } from "./support/database.ts"
import { eventRows, events, field, pairRows, pairs } from "./support/model.ts"
import { count, destination, exportText, runOf } from "./support/run.ts"

const model = (...fields: readonly [RecordSchema.Field, ...Array<RecordSchema.Field>]): Model.Model => ({
  ...pairs,
  schema: RecordSchema.make(...fields),
})

layer(Postgres.layer, { excludeTestServices: true })("targets", (it) => {
  it.effect("fewer columns: the rest is sent, and what is left out is named", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(
        `CREATE TABLE ${schema}.t (note text, other integer DEFAULT 7, made bigint GENERATED ALWAYS AS IDENTITY)`,
      )
      const to = yield* destination(schema)
      const plan = yield* to.plan(runOf())
      assert.deepStrictEqual(plan.projection.leftOut, ["id"])
      assert.deepStrictEqual(plan.create.length, 1)
      yield* exportText(to, runOf(), "hello\n")
      assert.deepStrictEqual(yield* sql(`SELECT note, other, made::int4 FROM ${schema}.t`), [
        { note: "hello", other: 7, made: 1 },
      ])
    }),
  )

  it.effect("a known field is filled from when its column is there", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema, { table: "events" })
      yield* exportText(to, runOf({ model: events }), eventRows(1))
      yield* sql(`ALTER TABLE ${schema}.events ADD COLUMN person_properties jsonb`)
      const plan = yield* to.plan(runOf({ model: events }))
      assert.deepStrictEqual(plan.projection.leftOut, [])
      assert.strictEqual(plan.projection.columns.at(-1)?.field.name, "person_properties")
    }),
  )

  it.effect("the projection carries the table's own types and limits", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE DOMAIN ${schema}.short AS varchar(5)`)
      yield* sql(
        `CREATE TABLE ${schema}.t (a varchar(7), b ${schema}.short, c bigint, d timestamptz(3), e numeric(12,2), f text[], g varchar(3)[])`,
      )
      const all = model(
        field("a", FieldType.text(200)),
        field("b", FieldType.text()),
        field("c", FieldType.int16),
        field("d", FieldType.timestamp(9)),
        field("e", FieldType.int32),
        field("f", FieldType.list(FieldType.uuid)),
        field("g", FieldType.list(FieldType.text())),
      )
      const { projection } = yield* (yield* destination(schema)).plan(runOf({ model: all }))
      assert.deepStrictEqual(
        projection.columns.map(({ as, targetType }) => [targetType, FieldType.format(as)]),
        [
          ["character varying(7)", "text(7)"],
          [`${schema}.short`, "text(5)"],
          ["bigint", "int64"],
          ["timestamp(3) with time zone", "timestamp(3)"],
          ["numeric(12,2)", "decimal(12,2)"],
          ["text[]", "list(text)"],
          ["character varying(3)[]", "list(text(3))"],
        ],
      )
    }),
  )

  for (const [what, columns, says] of [
    ["another type", "id date, note text", /column "id" is date, which cannot take field "id" \(int32\)/],
    ["a narrower number", "id smallint, note text", /column "id" is smallint/],
    ["an extra NOT NULL column", "id integer, extra text NOT NULL", /column "extra" is NOT NULL without a default/],
    ["nothing in common", "something integer", /no column in common/],
    ["a type of the user's", "id integer, note SCHEMA.mood", /column "note" is .*mood/],
    ["only a generated column", `id integer GENERATED ALWAYS AS (1) STORED`, /no column in common/],
  ] as const) {
    it.effect(`refused before a row: ${what}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const { sql } = yield* Postgres
        yield* sql(`CREATE TYPE ${schema}.mood AS ENUM ('good')`)
        yield* sql(`CREATE TABLE ${schema}.t (${columns.replace("SCHEMA", schema)})`)
        const error = yield* Effect.flip(exportText(yield* destination(schema), runOf(), pairRows(1)))
        assert.strictEqual(error.reason, "TargetIncompatible")
        assert.match(error.message, says)
        assert.isNotEmpty(error.remedy)
      }),
    )
  }

  it.effect("the remedy for an extra NOT NULL column is SQL that works", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (id integer, "a ""b" text NOT NULL, c text NOT NULL)`)
      const to = yield* destination(schema)
      const error = yield* Effect.flip(exportText(to, runOf(), "1\n"))
      const [statement] = /ALTER TABLE [^;]+;/.exec(error.remedy) ?? []
      yield* sql(statement ?? "")
      yield* exportText(to, runOf(), "1\n")
      assert.strictEqual(yield* count(schema), 1)
    }),
  )

  for (const [what, create] of [
    ["a view", "CREATE VIEW SCHEMA.t AS SELECT 1 AS id, 'a'::text AS note"],
    ["a materialized view", "CREATE MATERIALIZED VIEW SCHEMA.t AS SELECT 1 AS id"],
  ] as const) {
    it.effect(`refused: ${what}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        yield* (yield* Postgres).sql(create.replace("SCHEMA", schema))
        const error = yield* Effect.flip(exportText(yield* destination(schema), runOf(), pairRows(1)))
        assert.strictEqual(error.reason, "TargetIncompatible")
        assert.include(error.message, `is ${what}`)
      }),
    )
  }

  it.effect("a partitioned table is a table", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note text) PARTITION BY RANGE (id)`)
      yield* sql(`CREATE TABLE ${schema}.t1 PARTITION OF ${schema}.t FOR VALUES FROM (0) TO (5)`)
      yield* sql(`CREATE TABLE ${schema}.t2 PARTITION OF ${schema}.t FOR VALUES FROM (5) TO (100)`)
      yield* exportText(yield* destination(schema), runOf(), pairRows(10))
      assert.strictEqual(yield* count(schema, "t2"), 5)
    }),
  )

  it.effect("a partition elsewhere is refused, an UNLOGGED one is warned of", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      yield* Effect.acquireRelease(
        sql(`CREATE FOREIGN DATA WRAPPER ${schema}; CREATE SERVER ${schema} FOREIGN DATA WRAPPER ${schema}`),
        () => sql(`DROP FOREIGN DATA WRAPPER ${schema} CASCADE`),
      )
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note text) PARTITION BY RANGE (id)`)
      yield* sql(`CREATE UNLOGGED TABLE ${schema}.t1 PARTITION OF ${schema}.t FOR VALUES FROM (0) TO (5)`)
      yield* exportText(to, runOf(), pairRows(1))
      assert.match((yield* to.plan(runOf())).notices.join(), /UNLOGGED/)
      yield* sql(
        `CREATE FOREIGN TABLE ${schema}.t2 PARTITION OF ${schema}.t FOR VALUES FROM (5) TO (9) SERVER ${schema}`,
      )
      const error = yield* Effect.flip(to.plan(runOf()))
      assert.strictEqual(error.reason, "TargetIncompatible")
      assert.include(error.message, "foreign table")
    }),
  )

  it.effect("what the user has on the table keeps working: default, index, trigger, view", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(
        `CREATE TABLE ${schema}.t (id integer, note text, stamp timestamptz DEFAULT now(), loud text);
         CREATE INDEX ON ${schema}.t (id); CREATE VIEW ${schema}.v AS SELECT loud FROM ${schema}.t;
         CREATE FUNCTION ${schema}.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.loud := upper(NEW.note); RETURN NEW; END $$;
         CREATE TRIGGER f BEFORE INSERT ON ${schema}.t FOR EACH ROW EXECUTE FUNCTION ${schema}.f()`,
      )
      yield* exportText(yield* destination(schema), runOf(), pairRows(1))
      assert.deepStrictEqual(yield* sql(`SELECT loud FROM ${schema}.v`), [{ loud: "A" }])
    }),
  )

  it.effect("a trigger that drops records shows in the count, and nothing is published", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(
        `CREATE TABLE ${schema}.t (id integer, note text);
         CREATE FUNCTION ${schema}.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 3 THEN RETURN NULL; END IF; RETURN NEW; END $$;
         CREATE TRIGGER f BEFORE INSERT ON ${schema}.t FOR EACH ROW EXECUTE FUNCTION ${schema}.f()`,
      )
      const error = yield* Effect.flip(exportText(yield* destination(schema), runOf(), pairRows(5)))
      assert.strictEqual(error.reason, "CountMismatch")
      assert.strictEqual(yield* count(schema), 0)
    }),
  )

  it.effect("a trigger that raises is named, its words are not", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(
        `CREATE TABLE ${schema}.t (id integer, note text);
         CREATE FUNCTION ${schema}.guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'bad row %', NEW.note; END $$;
         CREATE TRIGGER f BEFORE INSERT ON ${schema}.t FOR EACH ROW EXECUTE FUNCTION ${schema}.guard()`,
      )
      const error = yield* Effect.flip(exportText(yield* destination(schema), runOf(), "1\tprivate\n"))
      assert.strictEqual(error.reason, "ConstraintViolated")
      assert.match(error.message, /in function .*guard/)
      assert.notInclude(error.message, "private")
    }),
  )

  it.effect("an UNLOGGED table, and a null into NOT NULL, are warned of", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      yield* (yield* Postgres).sql(`CREATE UNLOGGED TABLE ${schema}.t (id integer NOT NULL, note text)`)
      const { notices } = yield* exportText(yield* destination(schema), runOf(), pairRows(1))
      assert.match(notices.join("\n"), /Column "id" is NOT NULL/)
      const again = yield* (yield* destination(schema)).plan(runOf())
      assert.match(again.notices.join("\n"), /UNLOGGED/)
    }),
  )

  const hostile = [
    'quo"te',
    "dot.ted",
    "spa ce",
    "MixedCase",
    "select",
    "percent %s %I",
    "$1",
    "semi; DROP TABLE x; --",
    "back\\slash",
    "'single'",
    "é".repeat(31),
    "x".repeat(63),
  ]
  for (const name of hostile) {
    it.effect(`names are taken as they are: ${name}`, () =>
      Effect.gen(function* () {
        const { sql } = yield* Postgres
        const schema = `s ${name}`.slice(0, 30)
        yield* Effect.acquireRelease(sql(`CREATE SCHEMA ${quote(schema)}`), () =>
          sql(`DROP SCHEMA ${quote(schema)} CASCADE`),
        )
        const named = model(field(name, FieldType.int32), field("note", FieldType.text(200)))
        const to = yield* destination(schema, { table: name, ledgerTable: `l ${name}`.slice(0, 30) })
        yield* exportText(to, runOf({ export: name, model: named, id: name }), pairRows(2))
        const rows = yield* sql(`SELECT ${quote(name)} AS id FROM ${quote(schema)}.${quote(name)}`)
        assert.deepStrictEqual(rows, [{ id: 0 }, { id: 1 }])
        assert.deepStrictEqual((yield* to.plan(runOf({ export: name, model: named }))).missing, [])
      }),
    )
  }

  it.effect("a field name that Postgres would cut is refused", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const long = model(field("x".repeat(64), FieldType.int32))
      const error = yield* Effect.flip((yield* destination(schema)).plan(runOf({ model: long })))
      assert.strictEqual(error.reason, "TargetIncompatible")
      assert.match(error.message, /64 bytes/)
    }),
  )

  it.effect("every field type gets a column that the next run accepts", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const types = [
        FieldType.bool,
        FieldType.int16,
        FieldType.int32,
        FieldType.int64,
        FieldType.float32,
        FieldType.float64,
        FieldType.decimal(20, 4),
        FieldType.decimal(2000, 0),
        FieldType.text(),
        FieldType.text(3),
        FieldType.text(100_000_000),
        FieldType.json,
        FieldType.uuid,
        FieldType.bytes,
        FieldType.date,
        FieldType.timestamp(0),
        FieldType.timestamp(9),
        FieldType.inet,
      ]
      const fields = [...types, ...types.map(FieldType.list)].map((type, index) => field(`c${index}`, type))
      const all = model(field("id", FieldType.int32), ...fields)
      const to = yield* destination(schema)
      const before = yield* to.plan(runOf({ model: all }))
      yield* exportText(to, runOf({ model: all }), `1${"\t\\N".repeat(fields.length)}\n`)
      const after = yield* to.plan(runOf({ model: all }))
      assert.deepStrictEqual(after.projection, before.projection)
    }),
  )
})
