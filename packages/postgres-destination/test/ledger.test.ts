/** What a person may change in the ledger. */
import { Window } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { freshRole, freshSchema, Postgres } from "./support/database.ts"
import { pairRows } from "./support/model.ts"
import { count, destination, exportText, hours, reasonOf, runOf } from "./support/run.ts"

layer(Postgres.layer, { excludeTestServices: true })("the ledger", (it) => {
  it.effect("forgotten windows are exported again; the records stay", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      assert.strictEqual(yield* to.forget("an export"), 0)
      for (const at of [0, 1, 2, 3]) yield* exportText(to, runOf({ window: hours(at, at + 1) }), pairRows(1))
      yield* exportText(to, runOf({ export: "another" }), pairRows(1))
      assert.strictEqual(yield* to.forget("an export", hours(1, 3)), 2)
      const { missing } = yield* to.plan(runOf({ window: hours(0, 4) }))
      assert.deepStrictEqual(missing.map(Window.format), [Window.format(hours(1, 3))])
      assert.strictEqual(yield* count(schema), 5)
      assert.strictEqual(yield* to.forget("an export"), 2)
      assert.deepStrictEqual((yield* to.plan(runOf({ export: "another" }))).missing, [])
    }),
  )

  it.effect("a window is forgotten whole or not at all", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ window: hours(0, 2) }), pairRows(1))
      const refused = yield* Effect.flip(to.forget("an export", hours(1, 3)))
      assert.strictEqual(refused.reason, "Unsupported")
      assert.include(refused.message, Window.format(hours(0, 2)))
      assert.deepStrictEqual((yield* to.plan(runOf({ window: hours(0, 2) }))).missing, [])
    }),
  )

  it.effect("nothing can be accepted where there is no table", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      assert.strictEqual(yield* to.accept("an export"), 0)
      yield* exportText(to, runOf(), pairRows(1))
      yield* sql(`DROP TABLE ${schema}.t`)
      assert.strictEqual(yield* reasonOf(to.accept("an export")), "TargetReplaced")
    }),
  )

  it.effect("a ledger of someone else's: the GRANT that forgetting needs is shown, and works", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const password = "insert-a-strong-password-here"
      const role = yield* freshRole(password)
      yield* exportText(yield* destination(schema), runOf(), pairRows(1))
      yield* sql(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`)
      yield* sql(`GRANT INSERT, SELECT, UPDATE ON ${schema}.t, ${schema}.batch_exports_ledger TO ${role}`)
      const to = yield* destination(schema, { user: role, password })
      assert.strictEqual(yield* to.accept("an export"), 0)
      const refused = yield* Effect.flip(to.forget("an export"))
      assert.strictEqual(refused.reason, "PermissionDenied")
      yield* sql(/GRANT [^;]+;/.exec(refused.remedy)?.[0] ?? "")
      assert.strictEqual(yield* to.forget("an export"), 1)
    }),
  )
})
