/** In which encoding rows go: what the setting, the source and the table's types leave. */
import { FieldType, type Model, RecordSchema } from "@batch-exports/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { allow, copyFormats } from "../src/copyFormat.ts"
import { copyBinary, copyText } from "../src/encodings.ts"
import { binaryOids } from "../src/target/binaryForm.ts"
import { binaryCases } from "./support/binaryCases.ts"
import { freshSchema, Postgres } from "./support/database.ts"
import { field, modelOf, pairRows, pairs } from "./support/model.ts"
import { both, count, destination, exportText, runOf } from "./support/run.ts"

describe("allow", () => {
  it.each([
    ["auto", [copyText, copyBinary], [copyBinary, copyText]],
    ["auto", [copyText], [copyText]],
    ["auto", ["jsonl", copyBinary], [copyBinary]],
    ["auto", ["jsonl"], []],
    ["text", both, [copyText]],
    ["text", [copyBinary], []],
    ["binary", both, [copyBinary]],
    ["binary", [copyText], []],
  ] as const)("%s of %j: %j", (format, offers, encodings) => {
    assert.deepStrictEqual(allow(format, offers).encodings, encodings)
  })
})

layer(Postgres.layer, { excludeTestServices: true })("copyFormat", (it) => {
  it.effect("the OIDs on the list are those of this server's types, and every case of the tests is on it", () =>
    Effect.gen(function* () {
      const { sql } = yield* Postgres
      const covered = new Set<number>()
      for (const { as, column, field } of binaryCases) {
        const [row] = yield* sql<{ oid: number }>(`SELECT '${column}'::regtype::oid AS oid`)
        assert.include(binaryOids(as ?? field), row?.oid, column)
        if (row !== undefined) covered.add(row.oid)
      }
      const scalars = binaryCases.map(({ as, field }) => as ?? field).filter(({ _tag }) => _tag !== "List")
      const listed = new Set(scalars.flatMap((type) => [...binaryOids(type), ...binaryOids(FieldType.list(type))]))
      assert.deepStrictEqual(
        [...listed].filter((oid) => !covered.has(oid)),
        [],
      )
    }),
  )

  for (const [what, type, fieldType] of [
    ["numeric", "numeric(12,2)", FieldType.int32],
    ["inet", "inet", FieldType.inet],
    ["a domain", "SCHEMA.whole", FieldType.int32],
    ["a domain over an array", "SCHEMA.many", FieldType.list(FieldType.int32)],
    ["a domain with the name of a built-in type", "SCHEMA.int4", FieldType.int32],
    ["an array of such a domain", "SCHEMA.int4[]", FieldType.list(FieldType.int32)],
    ["an array of numeric", "numeric[]", FieldType.list(FieldType.int32)],
  ] as const) {
    it.effect(`one column that prevents it sends the whole run as text: ${what}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const { sql } = yield* Postgres
        yield* sql(`CREATE DOMAIN ${schema}.whole AS integer`)
        yield* sql(`CREATE DOMAIN ${schema}.int4 AS integer`)
        yield* sql(`CREATE DOMAIN ${schema}.many AS integer[]`)
        yield* sql(`CREATE TABLE ${schema}.t (n integer, v ${type.replace("SCHEMA", schema)})`)
        const model = modelOf(fieldType)
        const plan = yield* (yield* destination(schema)).plan(runOf({ model, offers: both }))
        assert.strictEqual(plan.projection.encoding, copyText)
        assert.match(plan.notices.join("\n"), /copied as text: column "v" is \S+, which has no binary form/)
        assert.notInclude(plan.notices.join("\n"), '"n"')

        const forced = yield* destination(schema, { copyFormat: "binary" })
        const error = yield* Effect.flip(forced.open(runOf({ model, offers: both })))
        assert.strictEqual(error.reason, "TargetIncompatible")
        assert.match(error.message, /column "v" is \S+, which has no binary form/)
        assert.match(error.remedy, /copyFormat to "auto"/)
        const steps = yield* Stream.runCollect(forced.check(model))
        assert.deepInclude(steps.at(-1), { id: "table", status: "failed", detail: error.message })
      }),
    )
  }

  it.effect("a column without time zone gets the time in UTC, in binary too", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (n integer, v timestamp(3))`)
      const plan = yield* (yield* destination(schema)).plan(
        runOf({ model: modelOf(FieldType.timestamp(6)), offers: both }),
      )
      assert.strictEqual(plan.projection.encoding, copyBinary)
      assert.include(plan.notices, 'Column "v" is timestamp(3) without time zone: it gets the time in UTC.')
    }),
  )

  it.effect("a new table with a column that prevents it", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const model: Model.Model = {
        ...pairs,
        schema: RecordSchema.make(field("id", FieldType.int32), field("amount", FieldType.decimal(20, 4))),
      }
      const to = yield* destination(schema)
      const plan = yield* to.plan(runOf({ model, offers: both }))
      assert.strictEqual(plan.projection.encoding, copyText)
      assert.match(plan.notices.join("\n"), /column "amount" is numeric\(20,4\)/)
      yield* exportText(to, runOf({ model, offers: both }), "1\t2.5\n")
      assert.strictEqual(yield* count(schema), 1)
    }),
  )

  it.effect("a new table has the same encoding before and after it was created", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      const before = yield* to.plan(runOf({ offers: both }))
      for (const statement of before.create) yield* sql(statement)
      const after = yield* to.plan(runOf({ offers: both }))
      assert.deepStrictEqual(after.projection, before.projection)
      assert.strictEqual(after.projection.encoding, copyBinary)
      assert.strictEqual(after.notices[0], "Rows are copied in binary.")
    }),
  )

  it.effect("says why rows go as text where no column is to blame", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const plain = yield* to.plan(runOf({ offers: [copyText] }))
      assert.match(plain.notices.join("\n"), /copied as text: the source does not write postgres-copy-binary/)
      const asked = yield* (yield* destination(schema, { copyFormat: "text" })).plan(runOf({ offers: both }))
      assert.strictEqual(asked.projection.encoding, copyText)
      assert.match(asked.notices.join("\n"), /copied as text: copyFormat is "text"/)
      const { notices } = yield* exportText(to, runOf({ offers: [copyText] }), pairRows(1))
      assert.deepStrictEqual(notices, [], "a run reports its encoding by itself")
    }),
  )

  for (const [copyFormat, offers] of [
    ["binary", [copyText]],
    ["text", [copyBinary]],
    ["auto", ["jsonl"]],
  ] as const) {
    it.effect(`nothing in common with the source: ${copyFormat} of ${offers.join()}`, () =>
      Effect.gen(function* () {
        const to = yield* destination(yield* freshSchema, { copyFormat })
        const error = yield* Effect.flip(to.plan(runOf({ offers })))
        assert.strictEqual(error.reason, "Unsupported")
        assert.include(error.message, `copyFormat "${copyFormat}"`)
      }),
    )
  }

  for (const copyFormat of copyFormats) {
    it.effect(`check goes through COPY as it will be: ${copyFormat}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const to = yield* destination(schema, { copyFormat })
        const steps = yield* Stream.runCollect(to.check(pairs))
        assert.deepInclude(steps.at(-1), { id: "trial", status: "passed" })
      }),
    )
  }
})
