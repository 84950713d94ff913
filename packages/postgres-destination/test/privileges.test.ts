/** What the log-in role may do, from exactly the grants of the user's page down to nothing. */
import { FieldType } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { freshRole, freshSchema, Postgres } from "./support/database.ts"
import { eventRows, events, mergedPairs, modelOf, pairRows, pairs, personRow, persons } from "./support/model.ts"
import { count, destination, exportText, hours, reasonOf, runOf } from "./support/run.ts"

const password = "insert-a-strong-password-here"

const limited = Effect.gen(function* () {
  const schema = yield* freshSchema
  const role = yield* freshRole(password)
  return { schema, role, to: yield* destination(schema, { user: role, password }) }
})

/** What may be set for a role, and would make the server read or show the same bytes otherwise, or read none at all. */
const odd = {
  array_nulls: "off",
  bytea_output: "escape",
  client_encoding: "LATIN1",
  DateStyle: "SQL, DMY",
  default_transaction_deferrable: "on",
  default_transaction_isolation: "serializable",
  extra_float_digits: "-15",
  IntervalStyle: "sql_standard",
  quote_all_identifiers: "on",
  row_security: "off",
  search_path: "nowhere",
  standard_conforming_strings: "off",
  synchronous_commit: "off",
  TimeZone: "Asia/Kathmandu",
  transform_null_equals: "on",
}

layer(Postgres.layer, { excludeTestServices: true })("privileges", (it) => {
  it.effect("whatever is set for the role, the same is stored", () =>
    Effect.gen(function* () {
      const { role, schema } = yield* limited
      const { sql } = yield* Postgres
      for (const [name, value] of Object.entries(odd)) yield* sql(`ALTER ROLE ${role} SET ${name} = '${value}'`)
      yield* sql(
        `GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}; CREATE TABLE ${schema}.guarded (id integer PRIMARY KEY, note text);
         ALTER TABLE ${schema}.guarded ENABLE ROW LEVEL SECURITY; CREATE POLICY all_rows ON ${schema}.guarded USING (true);
         GRANT SELECT, INSERT, UPDATE ON ${schema}.guarded TO ${role}`,
      )
      const login = { user: role, password }
      const rows: ReadonlyArray<readonly [FieldType.FieldType, string, string]> = [
        [FieldType.list(FieldType.text()), "{a,NULL,é}", "{a,NULL,é}"],
        [FieldType.timestamp(6), "2026-03-01 02:03:04.000005", "2026-03-01 02:03:04.000005+00"],
        [FieldType.date, "0032-02-01", "0032-02-01"],
        [FieldType.json, '{"a": "\\\\u00e9"}', '{"a": "é"}'],
        [FieldType.bytes, "\\\\x00ff", "\\x00ff"],
        [FieldType.float64, "0.1234567890123456", "0.1234567890123456"],
      ]
      for (const [index, [type, sent, stored]] of rows.entries()) {
        const to = yield* destination(schema, { ...login, table: `t${index}` })
        const run = runOf({ export: `of ${type._tag}`, model: modelOf(type) })
        yield* exportText(to, run, `1\t${sent}\n`)
        assert.deepStrictEqual((yield* exportText(to, run, "")).missing, [], "the ledger's window, read back")
        assert.deepStrictEqual(yield* sql(`SELECT v::text FROM ${schema}.t${index}`), [{ v: stored }])
      }
      const guarded = yield* destination(schema, { ...login, table: "guarded" })
      yield* exportText(guarded, runOf({ model: pairs }), pairRows(3))
      const { receipt } = yield* exportText(guarded, runOf({ model: mergedPairs, window: hours(1, 2) }), pairRows(4))
      assert.deepStrictEqual(receipt?.stored, { received: 4, inserted: 1, updated: 0, unchanged: 3 })
    }),
  )

  it.effect("exactly the grants of the user's page", () =>
    Effect.gen(function* () {
      const { role, schema } = yield* limited
      const { sql } = yield* Postgres
      const to = yield* destination(schema, { user: role, password, table: "events" })
      yield* sql(`GRANT CREATE ON SCHEMA ${schema} TO ${role}`)
      yield* sql(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`)
      yield* exportText(to, runOf({ model: events }), eventRows(5))
      assert.strictEqual(yield* count(schema, "events"), 5)
    }),
  )

  it.effect("a table of someone else's, and a ledger made by hand: no CREATE is needed", () =>
    Effect.gen(function* () {
      const { role, schema, to } = yield* limited
      const { sql } = yield* Postgres
      yield* sql(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`)
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note text)`)
      yield* sql(`GRANT INSERT, SELECT, UPDATE ON ${schema}.t TO ${role}`)
      const error = yield* Effect.flip(exportText(to, runOf(), pairRows(1)))
      assert.strictEqual(error.reason, "PermissionDenied")
      assert.match(error.message, /ledger/)
      // What it says to do is done, to the letter.
      const [statements] = /CREATE TABLE [^]+$/.exec(error.remedy) ?? []
      yield* sql(statements ?? "")
      yield* exportText(to, runOf(), pairRows(4))
      assert.strictEqual(yield* count(schema), 4)
    }),
  )

  it.effect("a table that must be created, without CREATE: the statement is shown, and works", () =>
    Effect.gen(function* () {
      const { role, schema, to } = yield* limited
      const { sql } = yield* Postgres
      yield* sql(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`)
      const error = yield* Effect.flip(to.plan(runOf()))
      assert.strictEqual(error.reason, "PermissionDenied")
      const [statements] = /CREATE TABLE [^]+$/.exec(error.remedy) ?? []
      yield* sql(statements ?? "")
      yield* sql(`GRANT CREATE ON SCHEMA ${schema} TO ${role}`)
      yield* exportText(to, runOf(), pairRows(2))
      assert.strictEqual(yield* count(schema), 2)
    }),
  )

  it.effect("no USAGE on the schema, no INSERT on the table: the GRANT is shown, and works", () =>
    Effect.gen(function* () {
      const { role, schema, to } = yield* limited
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note text)`)
      const first = yield* Effect.flip(to.plan(runOf()))
      assert.strictEqual(first.reason, "PermissionDenied")
      assert.include(first.message, `User "${role}" may not use schema`)
      yield* sql(/GRANT [^;]+;/.exec(first.remedy)?.[0] ?? "")
      const second = yield* Effect.flip(to.plan(runOf()))
      assert.strictEqual(second.reason, "PermissionDenied")
      assert.match(second.message, /lacks INSERT/)
      yield* sql(/GRANT [^;]+;/.exec(second.remedy)?.[0] ?? "")
      yield* exportText(to, runOf(), pairRows(1))
      assert.strictEqual(yield* count(schema), 1)
    }),
  )

  it.effect("a ledger that may not be used, or is none, is refused and never replaced", () =>
    Effect.gen(function* () {
      const { role, schema, to } = yield* limited
      const { sql } = yield* Postgres
      yield* sql(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`)
      const superuser = yield* destination(schema)
      yield* exportText(superuser, runOf({ export: "another" }), pairRows(1))
      yield* sql(`GRANT INSERT, SELECT, UPDATE ON ${schema}.t TO ${role}`)
      yield* sql(`GRANT SELECT ON ${schema}.batch_exports_ledger TO ${role}`)
      const refused = yield* Effect.flip(exportText(to, runOf(), pairRows(1)))
      assert.strictEqual(refused.reason, "LedgerUnusable")
      assert.match(refused.message, /INSERT, UPDATE is not granted/)
      yield* sql(/GRANT [^;]+;/.exec(refused.remedy)?.[0] ?? "")
      yield* exportText(to, runOf(), pairRows(1))

      const without = Effect.flip(superuser.plan(runOf()))
      yield* sql(`ALTER TABLE ${schema}.batch_exports_ledger SET UNLOGGED`)
      assert.strictEqual((yield* without).reason, "LedgerUnusable")
      yield* sql(`ALTER TABLE ${schema}.batch_exports_ledger SET LOGGED`)
      const [constraint] = yield* sql<{ name: string }>(
        `SELECT conname AS name FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'x'`,
        [`${schema}.batch_exports_ledger`],
      )
      yield* sql(`ALTER TABLE ${schema}.batch_exports_ledger DROP CONSTRAINT ${constraint?.name}`)
      const unsafe = yield* without
      assert.strictEqual(unsafe.reason, "LedgerUnusable")
      yield* sql(/ALTER TABLE [^;]+;/.exec(unsafe.remedy)?.[0] ?? "")
      assert.deepStrictEqual((yield* superuser.plan(runOf())).missing, [])
      const foreign = yield* destination(schema, { ledgerTable: "t", table: "u" })
      const none = yield* Effect.flip(foreign.plan(runOf()))
      assert.strictEqual(none.reason, "LedgerUnusable")
      assert.match(none.message, /it is not a ledger/)
    }),
  )

  it.effect("row-level security: COPY cannot, so records are staged and inserted", () =>
    Effect.gen(function* () {
      const { role, schema, to } = yield* limited
      const { sql } = yield* Postgres
      yield* sql(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`)
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note text)`)
      yield* sql(`ALTER TABLE ${schema}.t ENABLE ROW LEVEL SECURITY`)
      yield* sql(`CREATE POLICY low ON ${schema}.t FOR INSERT WITH CHECK (id < 10)`)
      yield* sql(`GRANT INSERT, SELECT, UPDATE ON ${schema}.t TO ${role}`)
      const { receipt } = yield* exportText(to, runOf(), pairRows(5))
      assert.deepStrictEqual(receipt?.stored, { received: 5, inserted: 5, updated: 0, unchanged: 0 })
      assert.strictEqual(yield* count(schema), 5)
      assert.strictEqual(
        yield* reasonOf(exportText(to, runOf({ window: hours(1, 2) }), pairRows(1, 10))),
        "ConstraintViolated",
      )
      assert.strictEqual(yield* count(schema), 5)
    }),
  )

  for (const temporary of [true, false]) {
    it.effect(`merges into someone else's table, ${temporary ? "with" : "without"} TEMPORARY, and leaves nothing`, () =>
      Effect.gen(function* () {
        const { role, schema, to } = yield* limited
        const { sql } = yield* Postgres
        const database = yield* Postgres
        const grant = `TEMPORARY ON DATABASE ${database.database}`
        yield* sql(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`)
        yield* exportText(
          yield* destination(schema),
          runOf({ model: persons, export: "first" }),
          personRow("x", "A", 1, 1),
        )
        yield* sql(`GRANT INSERT, SELECT, UPDATE ON ${schema}.t, ${schema}.batch_exports_ledger TO ${role}`)
        yield* temporary
          ? Effect.void
          : Effect.acquireRelease(sql(`REVOKE ${grant} FROM PUBLIC`), () => sql(`GRANT ${grant} TO PUBLIC`))
        yield* exportText(to, runOf({ model: persons }), personRow("x", "A", 2, 2) + personRow("y", "B", 1, 1))
        const broken = exportText(to, runOf({ model: persons, window: hours(1, 2) }), "not a record\n")
        assert.strictEqual(yield* reasonOf(broken), "DataRejected")
        assert.deepStrictEqual(yield* sql(`SELECT person_version AS v FROM ${schema}.t ORDER BY distinct_id`), [
          { v: 2 },
          { v: 1 },
        ])
        assert.deepStrictEqual(
          yield* sql(`SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname LIKE 'batch_exports_s%'`),
          [],
        )
        if (temporary) return
        yield* sql(`REVOKE CREATE ON SCHEMA ${schema} FROM ${role}`)
        const refused = yield* Effect.flip(to.plan(runOf({ model: persons, window: hours(1, 2) })))
        assert.strictEqual(refused.reason, "PermissionDenied")
        yield* sql(/GRANT [^;]+;/.exec(refused.remedy)?.[0] ?? "")
        yield* exportText(to, runOf({ model: persons, window: hours(1, 2) }), personRow("x", "A", 3, 3))
      }),
    )
  }

  it.effect("a role with settings of its own exports all the same; one that is read-only is told how not to be", () =>
    Effect.gen(function* () {
      const { role, schema, to } = yield* limited
      const { sql } = yield* Postgres
      yield* sql(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`)
      yield* sql(`ALTER ROLE ${role} SET default_transaction_read_only = on`)
      yield* sql(`ALTER ROLE ${role} SET statement_timeout = '2s'`)
      yield* sql(`ALTER ROLE ${role} SET "TimeZone" = 'Asia/Kathmandu'`)
      yield* sql(`ALTER ROLE ${role} SET "DateStyle" = 'German'`)
      yield* sql(`ALTER ROLE ${role} SET standard_conforming_strings = off`)
      const refused = yield* Effect.flip(to.plan(runOf()))
      assert.strictEqual(refused.reason, "ReadOnly")
      yield* sql(/ALTER ROLE [^;]+;/.exec(refused.remedy)?.[0] ?? "")
      yield* exportText(to, runOf(), pairRows(2))
      assert.deepStrictEqual((yield* to.plan(runOf())).missing, [])
      assert.strictEqual(yield* count(schema), 2)
    }),
  )
})
