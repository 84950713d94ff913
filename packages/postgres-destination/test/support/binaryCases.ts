/** For each type that may go in binary: its limits and oddities, each as a value and as COPY's text format has it. */
import { FieldType } from "@batch-exports/core"
import type { Value } from "@batch-exports/conformance/encoders"

export interface BinaryCase {
  /** As `format_type` says it. */
  readonly column: string
  readonly field: FieldType.FieldType
  /** What the projection must ask for, where it is not the field's own type. */
  readonly as?: FieldType.FieldType
  readonly values: ReadonlyArray<readonly [value: Value, text: string]>
}

const { bool, bytes, date, float32, float64, int16, int32, int64, json, list, text, timestamp, uuid } = FieldType

const hex = (digits: string) => Buffer.from(digits, "hex")

const texts: BinaryCase["values"] = [
  ["", ""],
  ["\\N", "\\\\N"],
  ["NULL", "NULL"],
  ["tab\t line\n return\r back\\slash", "tab\\t line\\n return\\r back\\\\slash"],
  ["\u0001\u007f é \u{1f600} \ufeff \u{10ffff}", "\u0001\u007f é \u{1f600} \ufeff \u{10ffff}"],
  ["\\.", "\\\\."],
]
const documents: BinaryCase["values"] = [
  ['{"b":1,"a":[true,null,"\\u00e9\\n"],"a":2}', '{"b":1,"a":[true,null,"\\\\u00e9\\\\n"],"a":2}'],
  ["null", "null"],
  ['""', '""'],
  ["1e400", "1e400"],
  [" [ ] ", " [ ] "],
]
const stamps: BinaryCase["values"] = [
  ["2000-01-01T00:00:00Z", "2000-01-01 00:00:00+00"],
  ["1999-12-31T23:59:59.999999Z", "1999-12-31 23:59:59.999999Z"],
  ["1900-01-01T00:00:00Z", "1900-01-01 00:00:00Z"],
  ["2299-12-31T23:59:59.999999Z", "2299-12-31 23:59:59.999999Z"],
  ["0001-01-01T00:00:00Z", "0001-01-01 00:00:00Z"],
  ["9999-12-31T23:59:59.123456Z", "9999-12-31 23:59:59.123456Z"],
]

export const binaryCases: ReadonlyArray<BinaryCase> = [
  {
    column: "boolean",
    field: bool,
    values: [
      [true, "t"],
      [false, "f"],
    ],
  },
  {
    column: "smallint",
    field: int16,
    values: [
      [-32_768n, "-32768"],
      [32_767n, "32767"],
      [-1n, "-1"],
    ],
  },
  {
    column: "integer",
    field: int32,
    values: [
      [-2_147_483_648n, "-2147483648"],
      [2_147_483_647n, "2147483647"],
      [0n, "0"],
    ],
  },
  {
    column: "bigint",
    field: int64,
    values: [
      [-9_223_372_036_854_775_808n, "-9223372036854775808"],
      [9_223_372_036_854_775_807n, "9223372036854775807"],
      [-1n, "-1"],
    ],
  },
  // The source widens; the bytes are those of the column's type.
  { column: "bigint", field: int32, as: int64, values: [[2_147_483_648n, "2147483648"]] },
  {
    column: "real",
    field: float32,
    values: [
      [-0, "-0"],
      [Number.NaN, "NaN"],
      [-Infinity, "-Infinity"],
      [Math.fround(3.402_823_4e38), "3.4028234e38"],
      [Math.fround(1e-45), "1e-45"],
    ],
  },
  {
    column: "double precision",
    field: float64,
    values: [
      [-0, "-0"],
      [Number.NaN, "NaN"],
      [Infinity, "Infinity"],
      [Number.MAX_VALUE, "1.7976931348623157e308"],
      [Number.MIN_VALUE, "5e-324"],
      [0.1, "0.1"],
    ],
  },
  { column: "text", field: text(), values: texts },
  { column: "character varying", field: text(), values: texts },
  {
    column: "character varying(3)",
    field: text(),
    as: text(3),
    values: [
      ["\u{1f600}\u{1f600}\u{1f600}", "\u{1f600}\u{1f600}\u{1f600}"],
      ["", ""],
    ],
  },
  {
    column: "character(3)",
    field: text(),
    as: text(3),
    values: [
      ["é", "é"],
      ["abc", "abc"],
    ],
  },
  { column: "bpchar", field: text(), values: texts },
  {
    column: "text",
    field: uuid,
    as: text(),
    values: [["0190f0f0-0000-7000-8000-00000000ffff", "0190f0f0-0000-7000-8000-00000000ffff"]],
  },
  { column: "jsonb", field: json, values: documents },
  { column: "json", field: json, values: documents },
  {
    column: "uuid",
    field: uuid,
    values: [
      ["00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"],
      ["ffffffff-ffff-ffff-ffff-fffffffffffe", "ffffffff-ffff-ffff-ffff-fffffffffffe"],
    ],
  },
  { column: "timestamp with time zone", field: timestamp(6), values: stamps },
  { column: "timestamp without time zone", field: timestamp(6), values: stamps },
  {
    column: "timestamp(3) with time zone",
    field: timestamp(6),
    as: timestamp(3),
    values: [["2026-01-01T00:00:00.123Z", "2026-01-01 00:00:00.123Z"]],
  },
  {
    column: "date",
    field: date,
    values: [
      ["2000-01-01", "2000-01-01"],
      ["1999-12-31", "1999-12-31"],
      ["0001-01-01", "0001-01-01"],
      ["9999-12-31", "9999-12-31"],
    ],
  },
  {
    column: "bytea",
    field: bytes,
    values: [
      [hex(""), "\\\\x"],
      [hex("00ff0a5c09"), "\\\\x00ff0a5c09"],
    ],
  },
  {
    column: "text[]",
    field: list(text()),
    values: [
      [[], "{}"],
      [["", "a", null, "NULL", 'q"u\\o{t},e'], '{"",a,NULL,"NULL","q\\\\"u\\\\\\\\o{t},e"}'],
      [[null], "{NULL}"],
    ],
  },
  {
    column: "character varying(2)[]",
    field: list(text()),
    as: list(text(2)),
    values: [[["éé", "b"], "{éé,b}"]],
  },
  { column: "boolean[]", field: list(bool), values: [[[true, false, null], "{t,f,NULL}"]] },
  { column: "smallint[]", field: list(int16), values: [[[-32_768n, 1n], "{-32768,1}"]] },
  { column: "integer[]", field: list(int32), values: [[[-1n, null], "{-1,NULL}"]] },
  { column: "bigint[]", field: list(int64), values: [[[9_223_372_036_854_775_807n], "{9223372036854775807}"]] },
  { column: "bigint[]", field: list(int32), as: list(int64), values: [[[1n], "{1}"]] },
  { column: "real[]", field: list(float32), values: [[[0.5, Number.NaN], "{0.5,NaN}"]] },
  { column: "double precision[]", field: list(float64), values: [[[0.1, -Infinity], "{0.1,-Infinity}"]] },
  { column: "jsonb[]", field: list(json), values: [[['{"a":1}', "null", null], '{"{\\\\"a\\\\":1}","null",NULL}']] },
  { column: "json[]", field: list(json), values: [[['{"a" :1}', "null"], '{"{\\\\"a\\\\" :1}","null"}']] },
  {
    column: "uuid[]",
    field: list(uuid),
    values: [[["ffffffff-ffff-ffff-ffff-fffffffffffe"], "{ffffffff-ffff-ffff-ffff-fffffffffffe}"]],
  },
  { column: "date[]", field: list(date), values: [[["1999-12-31", null], "{1999-12-31,NULL}"]] },
  {
    column: "timestamp with time zone[]",
    field: list(timestamp(6)),
    values: [[["1999-12-31T23:59:59.999999Z"], '{"1999-12-31 23:59:59.999999+00"}']],
  },
  {
    column: "timestamp without time zone[]",
    field: list(timestamp(6)),
    values: [[["1999-12-31T23:59:59.999999Z"], '{"1999-12-31 23:59:59.999999+00"}']],
  },
  { column: "bytea[]", field: list(bytes), values: [[[hex("00ff"), hex("")], '{"\\\\\\\\x00ff","\\\\\\\\x"}']] },
  { column: "character(2)[]", field: list(text()), as: list(text(2)), values: [[["a", "bb"], "{a,bb}"]] },
]
