/** A check names the step that fails, says what to do, stops there, and leaves nothing behind. */
import type { CheckStep } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { freshRole, freshSchema, Postgres, start } from "./support/database.ts"
import { events, pairRows, pairs, persons } from "./support/model.ts"
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

  it.effect("fails at connect: nobody listens at the port", () =>
    Effect.gen(function* () {
      const steps = yield* checkWith("public", { port: 1 })
      assert.deepStrictEqual(say(steps), ["connect failed"])
      assert.match(steps[0]?.remedy ?? "", /host and port/)
    }),
  )

  it.effect("fails at tls: the server does not offer it", () =>
    Effect.gen(function* () {
      const bare = yield* start({ tls: false, plaintext: true })
      if (bare.external) return
      const { host, password, port, user } = bare
      const steps = yield* checkWith("public", { ...plain, sslmode: undefined, host, port, user, password })
      assert.deepStrictEqual(say(steps), ["connect", "tls failed"])
      assert.match(steps.at(-1)?.remedy ?? "", /sslmode: disable/)
    }),
  )

  it.effect("fails at database: no privilege to connect, and then another encoding", () =>
    Effect.gen(function* () {
      const { sql } = yield* Postgres
      const user = yield* freshRole("secret")
      const database = `closed_${user}`
      yield* Effect.acquireRelease(
        sql(`CREATE DATABASE ${database} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`),
        () => sql(`DROP DATABASE ${database} WITH (FORCE)`),
      )
      yield* sql(`REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`)
      const given = { database, user, password: "secret" }
      const closed = yield* checkWith("public", given)
      assert.deepStrictEqual(say(closed), ["connect", "tls", "authenticate", "database failed"])
      // What the remedy says is run, to the letter.
      yield* sql(/GRANT CONNECT .+;/.exec(closed.at(-1)?.remedy ?? "")?.[0] ?? "")
      const latin = yield* checkWith("public", given)
      assert.deepStrictEqual(say(latin), ["connect", "tls", "authenticate", "database", "encoding failed"])
      assert.match(latin.at(-1)?.remedy ?? "", /ENCODING 'UTF8'/)
    }),
  )

  it.effect("names each privilege that is missing, and runs through once its remedies are run", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const user = yield* freshRole("secret")
      const { sql } = yield* Postgres
      yield* sql(
        `CREATE TABLE ${schema}.t (team_id integer, distinct_id text, person_id text, properties jsonb,
           person_distinct_id_version bigint, person_version bigint, created_at timestamptz, PRIMARY KEY (team_id, distinct_id))`,
      )
      const failure = Effect.map(checkWith(schema, { user, password: "secret" }, persons), (steps) => {
        const { detail = "", id, remedy = "", status } = steps.at(-1) ?? { id: "none", status: "failed" }
        return {
          said: status === "failed" ? `${id}: ${detail}` : "passed",
          grants: /GRANT .+;/.exec(remedy)?.[0] ?? "",
        }
      })
      const first = yield* failure
      assert.strictEqual(first.said, `schema: User "${user}" may not use schema "${schema}"`)
      yield* sql(first.grants)
      const second = yield* failure
      assert.strictEqual(second.said, `privileges: User "${user}" lacks INSERT, SELECT, UPDATE on "${schema}"."t"`)
      yield* sql(`GRANT INSERT ON ${schema}.t TO ${user}`)
      const third = yield* failure
      assert.strictEqual(third.said, `privileges: User "${user}" lacks SELECT, UPDATE on "${schema}"."t"`)
      yield* sql(third.grants)
      assert.strictEqual((yield* failure).said, "passed")
    }),
  )

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
