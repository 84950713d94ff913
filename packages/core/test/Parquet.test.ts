/** The end of a Parquet file that ClickHouse wrote, and of what becomes of it on the way. */
import { assert, describe, it } from "@effect/vitest"
import { Parquet } from "@batch-exports/core"
import { threeRows } from "./threeRows.ts"

const look = (file: Buffer) => {
  const metadata = Parquet.metadataLength(file.subarray(-Parquet.endLength))
  if (metadata === undefined || metadata + Parquet.endLength > file.length) return undefined
  const footer = Parquet.readMetadata(file.subarray(-Parquet.endLength - metadata, -Parquet.endLength))
  return footer !== undefined && Parquet.isWhole(footer, file.length, metadata) ? footer : undefined
}

describe("Parquet", () => {
  it("says how many records a file holds", () => {
    assert.strictEqual(look(threeRows)?.rows, 3)
  })

  it("notices wherever a file is cut", () => {
    for (let length = 0; length < threeRows.length; length++) {
      assert.isUndefined(look(threeRows.subarray(0, length)), `${length}`)
      assert.isUndefined(look(threeRows.subarray(threeRows.length - length)), `the last ${length}`)
    }
  })

  it("notices a byte too many or too few before the metadata", () => {
    const metadata = threeRows.readUInt32LE(threeRows.length - 8)
    for (let at = 0; at < threeRows.length - 8 - metadata; at++) {
      const [before, after] = [threeRows.subarray(0, at), threeRows.subarray(at)]
      assert.isUndefined(look(Buffer.concat([before, Buffer.of(0), after])), `one more at ${at}`)
      assert.isUndefined(look(Buffer.concat([before, after.subarray(1)])), `one less at ${at}`)
    }
  })

  it("reads metadata of any bytes without harm", () => {
    for (let at = 0; at < threeRows.length - 8; at++) {
      for (const byte of [0x00, 0x15, 0x19, 0x1c, 0x7f, 0xff]) {
        const changed = Buffer.from(threeRows)
        changed[at] = byte
        look(changed)
      }
    }
    assert.isUndefined(Parquet.readMetadata(Buffer.from("19fcffffffff0f", "hex")))
  })
})
