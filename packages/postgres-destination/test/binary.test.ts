/** The binary format stores what the text format stores. */
import { decodeConfig, FieldType } from "@batch-exports/core"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Config } from "../src/config/Config.ts"
import { connect } from "../src/connection/Session.ts"
import { begin, setLocal, transactionSettings } from "../src/connection/transactionSettings.ts"
import { copyBinary, copyText, frames } from "../src/encodings.ts"
import { copy, firstBytes } from "../src/sink/copy.ts"
import { binaryCases } from "./support/binaryCases.ts"
import { binaryPairs, pair, tuple } from "./support/copyBinary.ts"
import { freshSchema, Postgres } from "./support/database.ts"
import { modelOf } from "./support/model.ts"
import { both, bytesOf, count, destination, exportBytes, hours, runOf, settingsFor } from "./support/run.ts"

layer(Postgres.layer, { excludeTestServices: true })("binary", (it) => {
  describe("stores what text stores", () => {
    for (const { as: rendered, column, field, values } of binaryCases) {
      it.effect(`${FieldType.format(field)} in ${column}`, () =>
        Effect.gen(function* () {
          const schema = yield* freshSchema
          const { sql } = yield* Postgres
          yield* sql(`CREATE TABLE ${schema}.b (n integer, v ${column})`)
          yield* sql(`CREATE TABLE ${schema}.t (n integer, v ${column})`)
          const model = modelOf(field)
          const as = rendered ?? field
          const all = [...values, [null, "\\N"] as const]

          const projection = yield* exportBytes(
            yield* destination(schema, { table: "b" }),
            runOf({ model, export: "b", offers: both }),
            all.length,
            all.map(([value], n) =>
              tuple([
                { as: FieldType.int32, targetType: "integer", value: BigInt(n) },
                { as, targetType: column, value },
              ]),
            ),
          )
          assert.strictEqual(projection.encoding, copyBinary)
          assert.deepInclude(projection.columns[1], { as, targetType: column })

          const text = yield* exportBytes(
            yield* destination(schema, { copyFormat: "text" }),
            runOf({ model, offers: both }),
            all.length,
            all.map(([, text], n) => `${n}\t${text}\n`),
          )
          assert.strictEqual(text.encoding, copyText)

          const difference = yield* sql(
            `(SELECT n, v::text FROM ${schema}.b EXCEPT ALL SELECT n, v::text FROM ${schema}.t)
             UNION ALL (SELECT n, v::text FROM ${schema}.t EXCEPT ALL SELECT n, v::text FROM ${schema}.b)`,
          )
          assert.deepStrictEqual(difference, [])
          assert.strictEqual(yield* count(schema, "b"), all.length)
          // The text hides what a comparison meets: an array whose elements are of another type, or a jsonb out of order.
          const same = /^json(\[|$)/.test(column) ? "v::text = v::text" : `v = v::text::${column}`
          const [row] = yield* sql<{ n: number }>(`SELECT count(*)::int4 AS n FROM ${schema}.b WHERE ${same}`)
          assert.strictEqual(row?.n, values.length)
        }),
      )
    }
  })

  it.effect("creates the table of the user's page, and fills it in binary", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const projection = yield* exportBytes(yield* destination(schema), runOf({ offers: both }), 1000, [
        binaryPairs(1000),
      ])
      assert.strictEqual(projection.encoding, copyBinary)
      const [row] = yield* sql(
        `SELECT count(*)::int4 AS n, count(note)::int4 AS notes, sum(id)::int4 AS ids, max(note) AS note FROM ${schema}.t WHERE id < 3`,
      )
      assert.deepStrictEqual(row, { n: 3, notes: 2, ids: 3, note: "note 2 \uffff" })
      assert.strictEqual(yield* count(schema), 1000)
    }),
  )

  it.effect("takes bytes in any pieces, and counts those of the source alone", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const whole = binaryPairs(2000)
      const single = Array.from({ length: 700 }, (_, at) => whole.subarray(at, at + 1))
      const ways = [
        [whole],
        [...single, whole.subarray(700)],
        [Buffer.alloc(0), whole.subarray(0, 3), Buffer.alloc(0), whole.subarray(3)],
      ]
      for (const [index, chunks] of ways.entries()) {
        yield* exportBytes(to, runOf({ window: hours(index, index + 1), offers: both }), 2000, chunks)
      }
      assert.strictEqual(yield* count(schema), 6000)
      const ledger = yield* Stream.runCollect(to.ledger("an export"))
      assert.deepStrictEqual(
        ledger.map(({ bytes, rows }) => ({ bytes, rows })),
        ways.map(() => ({ bytes: whole.length, rows: 2000 })),
      )
    }),
  )

  it.effect("an empty window, and two windows in one transaction", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      yield* exportBytes(to, runOf({ window: hours(1, 2), offers: both }), 0, [])
      const run = runOf({ window: hours(0, 3), offers: both })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const sink = yield* to.open(run)
          for (const window of sink.missing) yield* sink.write({ window, bytes: bytesOf(binaryPairs(5)) })
          yield* sink.commit({ rows: 10, adjusted: {} })
        }),
      )
      assert.strictEqual(yield* count(schema), 10)
    }),
  )

  it.effect("a session that comes with another client encoding", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note varchar(200))`)
      const config = yield* Effect.fromResult(decodeConfig(Config, yield* settingsFor(schema)))
      const session = yield* connect(config)
      yield* session.query("changing the encoding", "SET client_encoding = 'LATIN1'")
      const local = setLocal(transactionSettings({ ...config, server: session.server, run: "a run" }))
      yield* session.query("beginning", begin)
      yield* session.query("beginning", local.sql, local.values)
      const note = "é \u{1f600}"
      yield* copy(session, {
        action: "copying",
        sql: `COPY ${schema}.t FROM STDIN (FORMAT binary)`,
        frame: frames[copyBinary],
        incoming: yield* firstBytes(bytesOf(pair(1n, note))),
        stallTimeout: config.stallTimeout,
      })
      yield* session.query("committing", "COMMIT")
      assert.deepStrictEqual(yield* sql(`SELECT note FROM ${schema}.t`), [{ note }])
    }),
  )
})
