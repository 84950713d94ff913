/** A check names the step that fails, says what to do, stops there, and leaves nothing behind. */
import type { CheckStep } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { freshRole, freshSchema, Postgres } from "./support/database.ts"
import { events, pairRows, pairs } from "./support/model.ts"
import { configure, exportText, runOf, type Settings, settingsFor } from "./support/run.ts"
import { plain } from "./support/variant.ts"

const all = [
  "connect",
  "tls",
  "authenticate",
  "database",
  "encoding",
  "writable",
  "schema",
  "privileges",
  "table",
  "ledger",
  "trial",
]

const checkWith = Effect.fnUntraced(function* (schema: string, changes: Settings = {}, model = pairs) {
  const settings = yield* settingsFor(schema, changes)
  return yield* Stream.runCollect(configure(settings).check(model))
})

const say = (steps: ReadonlyArray<CheckStep>) =>
  steps.map(({ id, status }) => (status === "passed" ? id : `${id} ${status}`))

layer(Postgres.layer, { excludeTestServices: true })("check", (it) => {
  it.effect("passes, and leaves nothing, before and after the first export", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const steps = yield* checkWith(schema, {}, events)
      assert.deepStrictEqual(say(steps), all)
      assert.isTrue(steps.every(({ durationMillis }) => durationMillis >= 0))
      const left = sql(`SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r'`, [schema])
      assert.deepStrictEqual(yield* left, [])
      yield* exportText(configure(yield* settingsFor(schema)), runOf(), pairRows(3))
      assert.deepStrictEqual(say(yield* checkWith(schema)), all)
      assert.deepStrictEqual(yield* sql(`SELECT count(*)::int4 AS n FROM ${schema}.batch_exports_ledger`), [{ n: 1 }])
      assert.deepStrictEqual(yield* sql(`SELECT pid FROM pg_locks WHERE relation = $1::regclass`, [`${schema}.t`]), [])
    }),
  )

  it.effect("says what is not verified, and what is left out", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      yield* (yield* Postgres).sql(`CREATE TABLE ${schema}.t (note text)`)
      const steps = yield* checkWith(schema, { rootCertificate: undefined, selfSigned: true })
      assert.match(steps.find(({ id }) => id === "tls")?.detail ?? "", /not verified/)
      assert.match(steps.find(({ id }) => id === "table")?.detail ?? "", /left out: id/)
      const unencrypted = yield* checkWith(schema, plain)
      assert.strictEqual(unencrypted.find(({ id }) => id === "tls")?.status, "skipped")
    }),
  )

  for (const [id, changes] of [
    ["connect", { host: "no-such-host.invalid" }],
    ["tls", { rootCertificate: undefined }],
    ["authenticate", { password: "wrong" }],
    ["database", { database: "missing" }],
    ["schema", { schema: "missing" }],
  ] as const) {
    it.effect(`fails at ${id}`, () =>
      Effect.gen(function* () {
        const steps = yield* checkWith("public", changes)
        assert.deepStrictEqual(say(steps), [...all.slice(0, all.indexOf(id)), `${id} failed`])
        assert.isNotEmpty(steps.at(-1)?.remedy)
      }),
    )
  }

  for (const [id, prepare] of [
    ["privileges", "CREATE TABLE SCHEMA.t (id integer, note text); GRANT USAGE ON SCHEMA SCHEMA TO ROLE"],
    ["privileges", "GRANT USAGE ON SCHEMA SCHEMA TO ROLE"],
    [
      "table",
      "CREATE TABLE SCHEMA.t (id date); GRANT USAGE ON SCHEMA SCHEMA TO ROLE; GRANT INSERT ON SCHEMA.t TO ROLE",
    ],
    [
      "ledger",
      "CREATE TABLE SCHEMA.t (id integer); GRANT USAGE ON SCHEMA SCHEMA TO ROLE; GRANT INSERT ON SCHEMA.t TO ROLE",
    ],
    ["ledger", "CREATE TABLE SCHEMA.batch_exports_ledger (id integer); GRANT USAGE, CREATE ON SCHEMA SCHEMA TO ROLE"],
  ] as const) {
    it.effect(`fails at ${id}: ${prepare}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const user = yield* freshRole("secret")
        yield* (yield* Postgres).sql(
          prepare
            .replaceAll("SCHEMA SCHEMA", `SCHEMA ${schema}`)
            .replaceAll("SCHEMA.", `${schema}.`)
            .replaceAll("ROLE", user),
        )
        const steps = yield* checkWith(schema, { user, password: "secret" })
        assert.deepStrictEqual(say(steps), [...all.slice(0, all.indexOf(id)), `${id} failed`])
        assert.isNotEmpty(steps.at(-1)?.remedy)
      }),
    )
  }

  it.effect("the trial finds what the catalog does not tell", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note text)`)
      yield* sql(
        `CREATE FUNCTION ${schema}.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'closed today'; END $$;
         CREATE TRIGGER no BEFORE INSERT ON ${schema}.t FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.no()`,
      )
      const steps = yield* checkWith(schema)
      assert.deepStrictEqual(say(steps), [...all.slice(0, -1), "trial failed"])
    }),
  )
})
