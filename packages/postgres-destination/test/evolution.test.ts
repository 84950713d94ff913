/** What a run creates besides its table, where the settings let it: the schema, columns, other types. */
import { FieldType, RecordSchema } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { freshRole, freshSchema, Postgres } from "./support/database.ts"
import { eventRows, events, field, pairRows, pairs, personRow, persons } from "./support/model.ts"
import { bytesOf, count, destination, exportText, hours, reasonOf, runOf } from "./support/run.ts"

layer(Postgres.layer, { excludeTestServices: true })("evolution", (it) => {
  it.effect("columns stay as they are, unless they may be added; then every field gets one", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (uuid text, team_id bigint, mine text DEFAULT 'x')`)
      const run = runOf({ model: events })
      assert.include((yield* (yield* destination(schema)).plan(run)).projection.leftOut, "properties")
      const to = yield* destination(schema, { schemaEvolution: "add-columns", jsonType: "json" })
      const plan = yield* to.plan(run)
      assert.deepStrictEqual(plan.projection.leftOut, [])
      assert.match(plan.create[0] ?? "", /ALTER TABLE .+ ADD COLUMN IF NOT EXISTS "event" VARCHAR\(200\)/)
      const rows = eventRows(3).replaceAll("\n", "\t{}\n")
      yield* exportText(to, run, rows)
      assert.deepStrictEqual((yield* to.plan(runOf({ model: events, window: hours(1, 2) }))).create, [])
      yield* exportText(to, runOf({ model: events, window: hours(1, 2) }), rows)
      const [row] = yield* sql(
        `SELECT count(*)::int4 AS n, min(pg_typeof(properties)::text) AS type, min(mine) AS mine FROM ${schema}.t`,
      )
      assert.deepStrictEqual(row, { n: 6, type: "json", mine: "x" })
      // A new table gets them all at once.
      const fresh = yield* destination(schema, { schemaEvolution: "add-columns", table: "u" })
      assert.deepStrictEqual((yield* fresh.plan(runOf({ model: events, export: "new" }))).projection.leftOut, [])
    }),
  )

  it.effect("a version that the table lacks may be added too; a table of someone else's may not be altered", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const password = "insert-a-strong-password-here"
      const role = yield* freshRole(password)
      yield* sql(`CREATE TABLE ${schema}.t (team_id integer, distinct_id text, PRIMARY KEY (team_id, distinct_id))`)
      yield* sql(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`)
      yield* sql(`GRANT INSERT, SELECT, UPDATE ON ${schema}.t TO ${role}`)
      const settings = { schemaEvolution: "add-columns" }
      const limited = yield* destination(schema, { ...settings, user: role, password })
      const refused = yield* Effect.flip(limited.plan(runOf({ model: persons })))
      assert.strictEqual(refused.reason, "PermissionDenied")
      yield* sql(/ALTER TABLE [^;]+;/.exec(refused.remedy)?.[0] ?? "")
      const row = (version: number) => personRow("x", "A", version, version).replace("\n", "\tf\n")
      yield* exportText(limited, runOf({ model: persons }), row(1))
      yield* exportText(yield* destination(schema, settings), runOf({ model: persons, window: hours(1, 2) }), row(2))
      assert.deepStrictEqual(yield* sql(`SELECT person_version AS v, is_deleted AS d FROM ${schema}.t`), [
        { v: 2, d: false },
      ])
    }),
  )

  it.effect("columns are not added while someone copies: it gives up, and nobody waits behind it", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const wider = {
        ...pairs,
        schema: RecordSchema.make(...pairs.schema.fields, field("more", FieldType.text())),
      }
      yield* exportText(to, runOf({ window: hours(5, 6) }), pairRows(1))
      const other = yield* to.open(runOf({ export: "other" }))
      yield* other.write({ window: hours(0, 1), bytes: bytesOf(pairRows(5)) })
      const evolving = yield* destination(schema, { schemaEvolution: "add-columns", lockTimeout: "500 millis" })
      const attempt = yield* Effect.forkChild(reasonOf(exportText(evolving, runOf({ model: wider }), "1\ta\tb\n")))
      assert.strictEqual(yield* Fiber.join(attempt), "Busy")
      // Nor does a check wait, however patient it is with others.
      const patient = yield* destination(schema, { schemaEvolution: "add-columns", lockTimeout: "10 minutes" })
      const steps = yield* Stream.runCollect(patient.check(wider))
      assert.deepInclude(steps.at(-1), { id: "trial", status: "failed" })
      yield* other.commit({ rows: 5, adjusted: {} })
      yield* exportText(evolving, runOf({ model: wider }), "1\ta\tb\n")
      assert.strictEqual(yield* count(schema), 7)
    }),
  )

  it.effect("a schema that does not exist is created when that is asked for, and checked without leaving it", () =>
    Effect.gen(function* () {
      const schema = `${yield* freshSchema}_made`
      const { sql } = yield* Postgres
      yield* Effect.addFinalizer(() => sql(`DROP SCHEMA IF EXISTS ${schema} CASCADE`))
      assert.strictEqual(yield* reasonOf((yield* destination(schema)).plan(runOf())), "SchemaMissing")
      const to = yield* destination(schema, { createSchema: true })
      const steps = yield* Stream.runCollect(to.check(pairs))
      assert.deepStrictEqual(
        steps.filter(({ status }) => status === "failed"),
        [],
      )
      assert.deepStrictEqual(yield* sql(`SELECT 1 FROM pg_namespace WHERE nspname = $1`, [schema]), [])
      assert.match((yield* to.plan(runOf())).create[0] ?? "", /^CREATE SCHEMA/)
      yield* Effect.forEach([0, 1, 2, 3], (at) => exportText(to, runOf({ export: `e${at}` }), pairRows(2)), {
        concurrency: 4,
      })
      assert.strictEqual(yield* count(schema), 8)
      const password = "insert-a-strong-password-here"
      const user = yield* freshRole(password)
      const limited = yield* destination(`${schema}_other`, { createSchema: true, user, password })
      const refused = yield* Effect.flip(limited.plan(runOf()))
      assert.strictEqual(refused.reason, "PermissionDenied")
      assert.include(refused.remedy, `CREATE SCHEMA "${schema}_other";`)
    }),
  )

  it.effect("policies for values that do not fit reach the source; keys and versions are cleaned at most", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const policies = (settings: Readonly<Record<string, string>>) =>
        Effect.gen(function* () {
          const { projection } = yield* (yield* destination(schema, settings)).plan(runOf({ model: persons }))
          return projection.columns.map(({ field: { name }, invalid, unfit }) =>
            [name, unfit, invalid ?? unfit].join(" "),
          )
        })
      const identity = ["team_id", "distinct_id", "person_id", "person_distinct_id_version", "person_version"]
      const expected = (unfit: string, invalid: string) =>
        persons.schema.fields
          .filter(({ created }) => created)
          .map(({ name }) =>
            identity.includes(name)
              ? `${name} fail ${name === "distinct_id" ? invalid : "fail"}`
              : `${name} ${unfit} ${name === "properties" ? invalid : unfit}`,
          )
      for (const onOverflow of ["nearest", "fail"]) {
        for (const onInvalidText of ["nearest", "fail"]) {
          assert.deepStrictEqual(yield* policies({ onOverflow, onInvalidText }), expected(onOverflow, onInvalidText))
        }
      }
    }),
  )
})
