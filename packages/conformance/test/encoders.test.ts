/** Every encoder reads back what it wrote, for every value that its type may have. */
import { FieldType, type Projection } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import * as Encoders from "../src/encoders/index.ts"
import { Random, Records, Types, Values } from "../src/generate/index.ts"
import { canonicalRow, type Row } from "../src/values/index.ts"
import { targetTypeOf } from "../src/encoders/targetType.ts"

const column = (name: string, type: FieldType.FieldType): Projection.Column => ({
  field: { name, type, nullable: true, description: "", created: true },
  as: type,
  targetType: targetTypeOf(type),
  unfit: "nearest",
})

const projection = (encoder: Encoders.Codec, columns: ReadonlyArray<Projection.Column>): Projection.Projection => ({
  encoding: encoder.name,
  columns: columns as never,
  leftOut: [],
})

const texts = ({ columns }: Projection.Projection, rows: ReadonlyArray<Row>) =>
  rows.map(canonicalRow(columns.map(({ as, field }) => ({ name: field.name, type: as }))))

for (const encoder of Object.values(Encoders.encoders)) {
  describe(`the encoding ${encoder.name}`, () => {
    for (const type of Types.every) {
      const only = column("v", type)
      if (!encoder.takes(only)) continue
      it(`every ${FieldType.format(type)}`, () => {
        const at = projection(encoder, [only])
        const rows: ReadonlyArray<Row> = [...Values.listed(type), null].map((v) => ({ v }))
        assert.deepStrictEqual(texts(at, encoder.decode(at, encoder.encode(at, rows))), texts(at, rows))
      })
    }

    it("NULL in lists, and lists of NULL", () => {
      const at = projection(encoder, [column("v", FieldType.list(FieldType.text()))])
      const rows = [{ v: [null, "", "NULL", null] }, { v: [null] }]
      assert.deepStrictEqual(texts(at, encoder.decode(at, encoder.encode(at, rows))), texts(at, rows))
    })

    it("nothing, and a field that the record lacks", () => {
      const at = projection(encoder, [column("a", FieldType.text()), column("b", FieldType.int64)])
      assert.strictEqual(encoder.encode(at, []).length, 0)
      assert.deepStrictEqual(encoder.decode(at, new Uint8Array()), [])
      assert.deepStrictEqual(encoder.decode(at, encoder.encode(at, [{ b: 1n }])), [{ a: null, b: 1n }])
    })

    it("records cut short are refused", () => {
      const at = projection(encoder, [column("a", FieldType.text()), column("b", FieldType.text())])
      const bytes = encoder.encode(at, [{ a: "é", b: "ü" }])
      for (let end = 1; end < bytes.length; end++) {
        assert.throws(() => encoder.decode(at, bytes.subarray(0, end)), Encoders.Malformed)
      }
    })

    it("random records", () => {
      const seed = process.env["SEED"] ?? String(Date.now())
      for (let number = 0; number < 60; number++) {
        const choose = Random.make(`${seed}/${number}`)
        const { schema } = Records.model(choose, { types: FieldType.tags, most: 8 })
        const columns = schema.fields.map(({ name, type }) => column(name, type)).filter((each) => encoder.takes(each))
        const rows = Records.rows(choose, schema, 5)
        const at = projection(encoder, columns)
        try {
          assert.deepStrictEqual(texts(at, encoder.decode(at, encoder.encode(at, rows))), texts(at, rows))
        } catch (error) {
          throw new Error(`SEED=${seed}, case ${number}`, { cause: error })
        }
      }
    })
  })
}

describe("a column without a form", () => {
  for (const [encoder, type, targetType] of [
    [Encoders.postgresCopyBinary, FieldType.decimal(10, 2), "numeric(10,2)"],
    [Encoders.postgresCopyBinary, FieldType.int32, "bigint"],
    [Encoders.postgresCopyBinary, FieldType.list(FieldType.int32), "bigint[]"],
    [Encoders.postgresCopyText, FieldType.list(FieldType.list(FieldType.bool)), "boolean[]"],
  ] as const) {
    it(`${FieldType.format(type)} in ${encoder.name}`, () => {
      const only = { ...column("v", type), targetType }
      assert.isFalse(encoder.takes(only))
      const value = Values.listed(type).at(-1)!
      assert.throws(() => encoder.encode(projection(encoder, [only]), [{ v: value }]), Encoders.NoForm)
    })
  }
})
