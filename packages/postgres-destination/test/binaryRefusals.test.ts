/** The binary format: what is not whole, not valid, or meant for another table is never stored. */
import { FieldType } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { copyBinary, frames } from "../src/encodings.ts"
import { binaryPairs, pair } from "./support/copyBinary.ts"
import { freshSchema, Postgres } from "./support/database.ts"
import { modelOf } from "./support/model.ts"
import { proxy } from "./support/proxy.ts"
import { both, bytesOf, count, destination, exportBytes, reasonOf, runOf } from "./support/run.ts"
import { plain } from "./support/variant.ts"

layer(Postgres.layer, { excludeTestServices: true })("binary refusals", (it) => {
  const whole = Buffer.concat([pair(1n, "one"), pair(2n, "two, longer")])
  const last = pair(1n, "one").length
  for (const [where, length] of [
    ["in the number of fields", last + 1],
    ["in the length of a field", last + 4],
    ["in the length of the last field", last + 2 + 8 + 1],
    ["before the value", last + 2 + 8 + 4],
    ["in a value", whole.length - 4],
    ["by its last two bytes, which the trailer would stand in for", whole.length - 2],
    ["by its last byte", whole.length - 1],
  ] as const) {
    it.effect(`a tuple cut short stores nothing: ${where}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const to = yield* destination(schema)
        const error = yield* Effect.flip(exportBytes(to, runOf({ offers: both }), 2, [whole.subarray(0, length)]))
        assert.strictEqual(error.reason, "DataRejected", `${error.code} ${error.message}`)
        assert.strictEqual(yield* count(schema), 0)
      }),
    )
  }

  it.effect("rows that are missing altogether show in the count", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const error = yield* Effect.flip(exportBytes(to, runOf({ offers: both }), 2, [pair(1n, "one")]))
      assert.strictEqual(error.reason, "CountMismatch")
      assert.strictEqual(yield* count(schema), 0)
    }),
  )

  const raw = (type: string, value: Buffer) => ({
    type,
    bytes: Buffer.concat([Buffer.from([0, 2, 0, 0, 0, 4, 0, 0, 0, 1]), Buffer.from([0, 0, 0, value.length]), value]),
  })
  for (const [what, field, { bytes, type }, code, says] of [
    ["an integer of two bytes", FieldType.int32, raw("integer", Buffer.from([0, 1])), "08P01", /shorter than its type/],
    ["an integer of eight bytes", FieldType.int32, raw("integer", Buffer.alloc(8)), "22P03", /malformed/],
    ["text that is not UTF-8", FieldType.text(), raw("text", Buffer.from("se\xffcret", "latin1")), "22021", /UTF-8/],
    ["text with NUL", FieldType.text(), raw("text", Buffer.from("se\0cret")), "22021", /NUL/],
    ["a text that is too long", FieldType.text(), raw("varchar(3)", Buffer.from("secret")), "22001", /longer/],
    ["JSON that is none", FieldType.json, raw("jsonb", Buffer.from("\u0001{secret")), "22P02", /malformed/],
    [
      "an array of another type",
      FieldType.list(FieldType.int32),
      raw("integer[]", Buffer.from("0000000100000000000000190000000100000001000000017e", "hex")),
      "42804",
      /elements of another type/,
    ],
  ] as const) {
    it.effect(`refused, and not repeated: ${what}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        yield* (yield* Postgres).sql(`CREATE TABLE ${schema}.t (n integer, v ${type})`)
        const to = yield* destination(schema)
        const error = yield* Effect.flip(exportBytes(to, runOf({ model: modelOf(field), offers: both }), 1, [bytes]))
        assert.strictEqual(error.reason, "DataRejected", error.message)
        assert.strictEqual(error.code, code)
        assert.match(error.message, says)
        assert.match(error.message, /line 1, column "v"/)
        assert.notInclude(`${error.message}${error.remedy}`, "cret")
        assert.strictEqual(yield* count(schema), 0)
      }),
    )
  }

  for (const [what, alteration] of [
    ["another type of the same size", "ALTER COLUMN id TYPE date USING NULL"],
    ["another type of the same form", "ALTER COLUMN note TYPE text"],
    ["another limit", "ALTER COLUMN note TYPE varchar(100)"],
    ["a column of another type under the same name", "DROP COLUMN id, ADD COLUMN id real"],
  ] as const) {
    it.effect(`a table that changes after it was looked at: ${what}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const { sql } = yield* Postgres
        yield* sql(`CREATE TABLE ${schema}.t (id integer, note varchar(200))`)
        const to = yield* destination(schema)
        const run = runOf({ offers: both })
        const sink = yield* to.open(run)
        assert.strictEqual(sink.projection.encoding, copyBinary)
        yield* sql(`ALTER TABLE ${schema}.t ${alteration}`)
        const written = sink.write({ window: run.window, bytes: bytesOf(binaryPairs(10)) })
        assert.strictEqual(yield* reasonOf(written), "TargetChanged")
        assert.strictEqual(yield* count(schema), 0)
      }),
    )
  }

  for (const columns of ["id date, note varchar(200)", "id SCHEMA.whole, note varchar(200)", "id numeric, note text"]) {
    it.effect(`a table that somebody else creates after it was found missing: ${columns}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const { sql } = yield* Postgres
        const to = yield* destination(schema)
        const run = runOf({ offers: both })
        const sink = yield* to.open(run)
        yield* sql(`CREATE DOMAIN ${schema}.whole AS integer`)
        yield* sql(`CREATE TABLE ${schema}.t (${columns.replace("SCHEMA", schema)})`)
        const reason = yield* reasonOf(sink.write({ window: run.window, bytes: bytesOf(binaryPairs(10)) }))
        assert.include(["TargetChanged", "TargetIncompatible"], reason)
        assert.strictEqual(yield* count(schema), 0)
      }),
    )
  }

  it.effect("the trailer and the end of COPY follow only an answer that is whole", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const server = yield* Postgres
      const between = yield* proxy(server)
      const to = yield* destination(schema, {
        host: "127.0.0.1",
        port: between.port,
        ...plain,
      })
      const copied = () => between.messages.filter(({ type }) => type === "d").map(({ body }) => body.toString("hex"))
      const [header = ""] = frames[copyBinary].before.map((bytes) => Buffer.from(bytes).toString("hex"))
      assert.strictEqual(header, "5047434f50590aff0d0a000000000000000000")

      const broken = async function* () {
        yield pair(1n, "one")
        while (copied().length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
        throw new Error("the source broke")
      }
      const run = runOf({ offers: both })
      const reason = yield* Effect.scoped(
        Effect.gen(function* () {
          const sink = yield* to.open(run)
          return yield* reasonOf(sink.write({ window: run.window, bytes: broken() }))
        }),
      )
      assert.strictEqual(reason, "SourceIncomplete")
      assert.deepStrictEqual(copied(), [header, pair(1n, "one").toString("hex")])
      assert.isFalse(between.messages.some(({ type }) => type === "c"))
      assert.strictEqual(yield* count(schema), 0)

      const before = between.messages.length
      yield* exportBytes(to, runOf({ offers: both }), 1, [pair(1n, "one")])
      assert.deepStrictEqual(copied().slice(2), [header, pair(1n, "one").toString("hex"), "ffff"])
      const types = between.messages.slice(before).map(({ type }) => type)
      assert.isAbove(types.indexOf("c"), types.lastIndexOf("d"))
    }),
  )
})
