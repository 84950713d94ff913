/** Large things: many columns, a huge document, a ledger with many windows. */
import { FieldType, type Model, RecordSchema } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import * as statements from "../src/ledger/statements.ts"
import { freshSchema, Postgres } from "./support/database.ts"
import { field, pairRows, persons } from "./support/model.ts"
import { bytesOf, destination, exportText, hours, runOf } from "./support/run.ts"

layer(Postgres.layer, { excludeTestServices: true })("large", (it) => {
  it.effect("500 columns, appended and merged", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const names = Array.from({ length: 498 }, (_, at) => `c${at}`)
      const wide: Model.Model = {
        name: "wide",
        description: "Wide",
        schema: RecordSchema.make(
          field("id", FieldType.int32, { nullable: false }),
          field("version", FieldType.int64),
          ...names.map((name) => field(name, FieldType.text())),
        ),
        identity: {
          _tag: "Upsert",
          key: ["id"],
          versions: [
            { version: "version", fields: names.slice(0, 100) },
            { version: "c100", fields: names.slice(101), within: ["c0"] },
          ],
        },
      }
      const rows = (version: number) =>
        Array.from({ length: 50 }, (_, id) => `${[id, version, ...names.map(() => version)].join("\t")}\n`).join("")
      const appended = yield* destination(schema, { table: "u" })
      yield* exportText(appended, runOf({ model: { ...wide, identity: { _tag: "Append" } } }), rows(1))
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ export: "merged", model: wide }), rows(1))
      const again = runOf({ export: "merged", model: wide, window: hours(1, 2) })
      assert.strictEqual((yield* exportText(to, again, rows(2))).receipt?.stored.updated, 50)
      assert.deepStrictEqual(yield* sql(`SELECT DISTINCT c0, c100, c497 FROM ${schema}.t`), [
        { c0: "2", c100: "2", c497: "2" },
      ])
    }),
  )

  it.effect("a document of 50 MB, appended and merged", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const member = `"${"x".repeat(1_000_000)}"`
      const document = function* () {
        yield `1\tx\tA\t[${member}`
        for (let at = 1; at < 50; at++) yield `,${member}`
        yield "]\t1\t1\t\\N\n"
      }
      for (const identity of [{ _tag: "Append" }, persons.identity] as const) {
        const to = yield* destination(schema, { table: identity._tag.toLowerCase() })
        yield* Effect.scoped(
          Effect.gen(function* () {
            const run = runOf({ export: identity._tag, model: { ...persons, identity } })
            const sink = yield* to.open(run)
            yield* sink.write({ window: run.window, bytes: bytesOf(...document()) })
            yield* sink.commit({ rows: 1, adjusted: {} })
          }),
        )
        assert.deepStrictEqual(
          yield* sql(`SELECT jsonb_array_length(properties) AS n FROM ${schema}.${identity._tag.toLowerCase()}`),
          [{ n: 50 }],
        )
      }
    }),
  )

  it.effect("a ledger is read by its indexes, however many windows it holds", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      yield* exportText(to, runOf(), pairRows(1))
      const ledger = `${schema}.batch_exports_ledger`
      yield* sql(`INSERT INTO ${ledger} (export_key, export, model, window_start, window_end, run, claim, target_table, target_oid, definition)
        SELECT export_key, export, model, window_start + i * interval '1 hour', window_end + i * interval '1 hour', run, claim, target_table, target_oid, definition
        FROM ${ledger}, generate_series(1, 5000) AS i`)
      yield* sql(`ANALYZE ${ledger}`)
      const place = { schema, ledgerTable: "batch_exports_ledger" }
      const claim = {
        export: "an export",
        model: "pairs",
        definition: "d",
        run: "r",
        claim: "00000000-0000-4000-8000-000000000000",
        targetTable: "t",
        targetOid: 1,
      }
      const window = hours(3, 4)
      for (const [what, { sql: text, values }] of Object.entries({
        overlapping: statements.overlapping(place, "an export", window),
        settled: statements.overlapping(place, "an export", window, true),
        foreign: statements.foreign(place, "an export", 1),
        later: statements.later(place, "an export", window.end),
        page: statements.page(place, "an export", DateTime.formatIso(window.start), 100),
        complete: statements.complete(place, claim, { window, rows: 1, bytes: 1 }),
        retake: statements.retake(place, claim, window),
      })) {
        const plan = yield* sql<{ "QUERY PLAN": string }>(`EXPLAIN ${text}`, values)
        const lines = plan.map((row) => row["QUERY PLAN"]).join("\n")
        assert.match(lines, /Index Scan|Index Only Scan|Bitmap Index Scan/, what)
        assert.notMatch(lines, /Seq Scan/, what)
        // Where it could be many rows, they come in order.
        if (what === "foreign" || what === "page") assert.notMatch(lines, /Sort/, what)
      }
    }),
  )
})
