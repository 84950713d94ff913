/** The reference encoders write what ClickHouse wrote, byte for byte, and read it as the values that it was written from. */
import { assert, describe, it } from "@effect/vitest"
import { encoders } from "../src/encoders/index.ts"
import { columnsOf, projectionOf, rowsOf, Vectors } from "../src/golden/index.ts"
import { canonical } from "../src/values/index.ts"

for (const name of ["jsonl", "csv", "postgres-copy-text", "postgres-copy-binary"]) {
  const codec = encoders[name]!
  const vectors = Vectors.read(codec)

  describe(`the encoding ${name}`, () => {
    it("has a vector for each of its columns, and no other", () => {
      assert.deepStrictEqual(
        Object.keys(vectors),
        columnsOf(codec).map((column) => column.name),
      )
    })

    for (const column of columnsOf(codec)) {
      const pieces = vectors[column.name] ?? []
      const projection = projectionOf(codec, column)

      it(`writes ${column.name}`, () => {
        assert.deepStrictEqual(Vectors.fromBytes(codec, codec.encode(projection, rowsOf(column))), pieces)
      })

      it(`reads ${column.name}`, () => {
        const seen = codec.decode(projection, Vectors.toBytes(codec, pieces))
        assert.deepStrictEqual(
          seen.map(({ v }) => canonical(column.type, v)),
          column.values.map((value) => canonical(column.type, value)),
        )
      })
    }
  })
}
