import { assert, describe, it } from "@effect/vitest"
import { FieldType, type Projection } from "@batch-exports/core"
import { Jsonl, type Value } from "@batch-exports/core/testing"

const encode = (as: FieldType.FieldType, ...values: ReadonlyArray<Value>): string => {
  const column: Projection.Column = {
    field: { name: "v", type: as, nullable: true, description: "", created: true },
    as,
    targetType: FieldType.format(as),
    unfit: "nearest",
  }
  const projection: Projection.Projection = { encoding: "jsonl", columns: [column], leftOut: [] }
  return new TextDecoder().decode(
    Jsonl.encode(
      projection,
      values.map((value) => ({ v: value })),
    ),
  )
}

describe("the reference encoder for jsonl", () => {
  it.each<{ type: FieldType.FieldType; value: Value; json: string }>([
    { type: FieldType.bool, value: true, json: "true" },
    { type: FieldType.int32, value: -2147483648n, json: "-2147483648" },
    { type: FieldType.int64, value: 9223372036854775807n, json: '"9223372036854775807"' },
    { type: FieldType.float64, value: -0, json: "-0" },
    { type: FieldType.float64, value: Number.NaN, json: '"NaN"' },
    { type: FieldType.float64, value: Number.NEGATIVE_INFINITY, json: '"-Infinity"' },
    { type: FieldType.decimal(10, 2), value: "12.50", json: '"12.50"' },
    { type: FieldType.text(), value: "", json: '""' },
    { type: FieldType.text(), value: 'a"\\\n\u0001😀', json: '"a\\"\\\\\\n\\u0001😀"' },
    {
      type: FieldType.json,
      value: '{"a": 1.0, "b":12345678901234567890}',
      json: '{"a": 1.0, "b":12345678901234567890}',
    },
    { type: FieldType.bytes, value: new Uint8Array([0, 255, 16]), json: '"AP8Q"' },
    { type: FieldType.timestamp(), value: "2026-01-31T13:00:00.123456Z", json: '"2026-01-31T13:00:00.123456Z"' },
    { type: FieldType.list(FieldType.int64), value: [1n, null], json: '["1",null]' },
    { type: FieldType.uuid, value: null, json: "null" },
  ])("writes $type._tag as $json", ({ json, type, value }) => {
    assert.strictEqual(encode(type, value), `{"v":${json}}\n`)
  })

  it("ends every record with a line feed, and writes nothing for no records", () => {
    assert.strictEqual(encode(FieldType.bool), "")
    assert.strictEqual(encode(FieldType.bool, true, null), '{"v":true}\n{"v":null}\n')
  })
})
