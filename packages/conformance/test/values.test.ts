/** Which values are the same, and what becomes of those that a column cannot hold. */
import { FieldType } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { canonical, canonicalJson, fit, itemsOf, membersOf, type Value } from "../src/values/index.ts"

const { bool, bytes, date, decimal, float32, float64, inet, int16, int32, int64, json, list, text, timestamp, uuid } =
  FieldType

describe("canonical", () => {
  const same: ReadonlyArray<readonly [FieldType.FieldType, Value, Value]> = [
    [json, '{"b":1.50,"a":[]}', ' { "a" : [ ], "b" : 15e-1 }'],
    [json, '{"a":1,"a":2}', '{"a":2}'],
    [json, '"\\u00e9\\/"', '"é/"'],
    [json, "-0", "0"],
    [json, "1e5", "100000"],
    [decimal(10, 2), "12.5", "12.50"],
    [decimal(10, 0), "-0", "0"],
    [decimal(10, 2), "007", "7.00"],
    [timestamp(6), "2026-01-31T13:00:00.100Z", "2026-01-31T13:00:00.1Z"],
    [timestamp(6), "2026-01-31T13:00:00.000000Z", "2026-01-31T13:00:00Z"],
    [uuid, "FFFFFFFF-ffff-ffff-ffff-ffffffffffff", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    [inet, "2001:DB8:0::1", "2001:db8::1"],
    [inet, "10.0.0.1/32", "10.0.0.1"],
    [float32, 0.1, Math.fround(0.1)],
    [bytes, new Uint8Array([1]), Buffer.from([1])],
  ]
  for (const [type, a, b] of same) {
    it(`${FieldType.format(type)}: ${String(a)} is ${String(b)}`, () => {
      assert.strictEqual(canonical(type, a), canonical(type, b))
    })
  }

  const different: ReadonlyArray<readonly [FieldType.FieldType, Value | undefined, Value | undefined]> = [
    [text(), "", null],
    [text(), null, undefined],
    [text(), "e\u0301", "é"],
    [json, "null", null],
    [json, "9007199254740993", "9007199254740992"],
    [json, "[1,2]", "[2,1]"],
    [json, '{"a":1}', '{"a":"1"}'],
    [json, "{", '"{"'],
    [int64, 9_007_199_254_740_993n, 9_007_199_254_740_992n],
    [int64, 1n, 1],
    [float64, 0, -0],
    [float64, 0.1, Math.fround(0.1)],
    [decimal(10, 2), "1.00", "1.01"],
    [timestamp(6), "2026-01-31T13:00:00.100001Z", "2026-01-31T13:00:00.1Z"],
    [list(text()), [], null],
    [list(text()), ["a", null], ["a", "null"]],
    [list(text()), ["a, b"], ["a", "b"]],
    [bytes, new Uint8Array([1]), new Uint8Array([1, 0])],
  ]
  for (const [type, a, b] of different) {
    it(`${FieldType.format(type)}: ${String(a)} is not ${String(b)}`, () => {
      assert.notStrictEqual(canonical(type, a), canonical(type, b))
    })
  }

  it("documents thousands of levels deep", () => {
    const deep = `${"[".repeat(5_000)}1.0${"]".repeat(5_000)}`
    assert.strictEqual(canonicalJson(deep), deep.replace("1.0", "1"))
  })
})

describe("JSON text", () => {
  it("gives members and items as they are written", () => {
    assert.deepStrictEqual(membersOf('{ "a\\"" : [1, {"b":"}"}] , "c":-1.50,"c":"]" }'), [
      ['a"', '[1, {"b":"}"}]'],
      ["c", "-1.50"],
      ["c", '"]"'],
    ])
    assert.deepStrictEqual(itemsOf('[ 1.0 , "a,]", [2],{} ]'), ["1.0", '"a,]"', "[2]", "{}"])
    assert.deepStrictEqual(membersOf("{ }"), [])
    assert.deepStrictEqual(itemsOf("[]"), [])
  })
})

describe("fit", () => {
  const cases: ReadonlyArray<readonly [FieldType.FieldType, FieldType.FieldType, Value, Value, adjusted?: true]> = [
    [int64, int32, 2_147_483_648n, 2_147_483_647n, true],
    [int64, int16, -40_000n, -32_768n, true],
    [int64, int32, -2_147_483_648n, -2_147_483_648n],
    [int32, int64, -5n, -5n],
    [int64, decimal(30, 2), -7n, "-7.00"],
    [int64, text(20), 7n, "7"],
    [int64, json, 7n, "7"],
    [int64, float64, 9_007_199_254_740_993n, 9_007_199_254_740_992, true],
    [float64, float32, 0.1, Math.fround(0.1), true],
    [float64, float32, Number.NaN, Number.NaN],
    [float32, float64, 0.5, 0.5],
    [text(), text(2), "😀ü!", "😀ü", true],
    [text(), text(3), "😀ü!", "😀ü!"],
    [text(), json, 'a"b', '"a\\"b"'],
    [text(), uuid, "01234567-89AB-CDEF-8123-456789ABCDEF", "01234567-89ab-cdef-8123-456789abcdef"],
    [text(), uuid, "no id", null, true],
    [text(), inet, "2001:db8::1", "2001:db8::1"],
    [text(), inet, "1.2.3", null, true],
    [json, text(3), '{"a":1}', '{"a', true],
    [timestamp(6), timestamp(3), "2026-01-31T13:00:00.123500Z", "2026-01-31T13:00:00.124Z", true],
    [timestamp(6), timestamp(0), "1969-12-31T23:59:59.499999Z", "1969-12-31T23:59:59Z", true],
    [timestamp(9), timestamp(6), "1969-12-31T23:59:59.999999500Z", "1970-01-01T00:00:00.000000Z", true],
    [timestamp(3), timestamp(6), "2026-01-31T13:00:00.123Z", "2026-01-31T13:00:00.123000Z"],
    [timestamp(6), date, "1969-12-31T23:59:59.500000Z", "1969-12-31"],
    [list(int32), list(int64), [1n, null], [1n, null]],
    [text(), text(1), null, null],
    [bool, bool, true, true],
  ]
  for (const [from, as, value, wanted, adjusted] of cases) {
    it(`${FieldType.format(from)} ${String(value)} as ${FieldType.format(as)}`, () => {
      assert.deepStrictEqual(fit(from, as, value), { value: wanted, adjusted: adjusted ?? false })
    })
  }

  for (const [from, as, value] of [
    [text(), int32, "1"],
    [bool, int16, true],
    [int64, decimal(18, 0), 9_000_000_000_000_000_000n],
    [uuid, text(35), "01234567-89ab-cdef-8123-456789abcdef"],
    [list(text()), list(text(1)), ["ab"]],
    [list(text()), text(), ["ab"]],
    [bytes, json, new Uint8Array()],
  ] as const) {
    it(`${FieldType.format(from)} has no meaning as ${FieldType.format(as)}`, () => {
      assert.isUndefined(fit(from, as, value))
    })
  }
})
