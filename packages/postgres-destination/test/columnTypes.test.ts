/** Which columns take which fields, and what the source then renders; a pair that is not accepted could lose a value. */
import { FieldType } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { accept, newColumnType } from "../src/target/columnTypes.ts"

const { bool, bytes, date, decimal, float32, float64, inet, int16, int32, int64, json, list, text, timestamp, uuid } =
  FieldType

/** As `pg_attribute.atttypmod` has it. */
const varchar = (length: number) => ({ name: "varchar", typmod: length + 4, element: null })
const numeric = (precision: number, scale: number) => ({
  name: "numeric",
  typmod: ((precision << 16) | (scale & 0x7ff)) + 4,
  element: null,
})
const plain = (name: string, typmod = -1) => ({ name, typmod, element: null })
const array = (element: string, typmod = -1) => ({ name: `_${element}`, typmod, element })

describe("accept", () => {
  it.each([
    [bool, plain("bool"), bool],
    [bool, plain("int4"), undefined],
    [bool, plain("text"), undefined],
    [int16, plain("int2"), int16],
    [int16, plain("int8"), int64],
    [int32, plain("int2"), undefined],
    [int32, plain("int4"), int32],
    [int32, plain("int8"), int64],
    [int64, plain("int4"), undefined],
    [int64, plain("int8"), int64],
    [int64, plain("float8"), undefined],
    [int32, plain("numeric"), int32],
    [int32, numeric(10, 0), decimal(10, 0)],
    [int32, numeric(9, 0), undefined],
    [int32, numeric(12, 2), decimal(12, 2)],
    [int32, numeric(11, 2), undefined],
    [int64, numeric(20, 0), decimal(20, 0)],
    [int64, numeric(25, -3), undefined],
    [float32, plain("float4"), float32],
    [float32, plain("float8"), float64],
    [float64, plain("float8"), float64],
    [float64, plain("float4"), undefined],
    [float64, plain("numeric"), undefined],
    [decimal(10, 2), plain("numeric"), decimal(10, 2)],
    [decimal(10, 2), numeric(10, 2), decimal(10, 2)],
    [decimal(10, 2), numeric(12, 4), decimal(12, 4)],
    [decimal(10, 2), numeric(10, 4), undefined],
    [decimal(10, 2), numeric(12, 1), undefined],
    [decimal(10, 2), plain("float8"), undefined],
    [text(200), varchar(200), text(200)],
    [text(200), varchar(7), text(7)],
    [text(200), plain("varchar"), text()],
    [text(200), plain("text"), text()],
    [text(200), plain("bpchar", 40), text(36)],
    [text(200), plain("citext"), text()],
    [text(), plain("jsonb"), undefined],
    [text(), plain("uuid"), undefined],
    [text(), plain("name"), undefined],
    [json, plain("jsonb"), json],
    [json, plain("json"), json],
    [json, plain("text"), text()],
    [json, varchar(200), undefined],
    [uuid, plain("uuid"), uuid],
    [uuid, plain("text"), text()],
    [uuid, varchar(36), text()],
    [uuid, varchar(35), undefined],
    [bytes, plain("bytea"), bytes],
    [bytes, plain("text"), undefined],
    [date, plain("date"), date],
    [date, plain("timestamptz"), undefined],
    [timestamp(6), plain("timestamptz"), timestamp(6)],
    [timestamp(9), plain("timestamptz"), timestamp(6)],
    [timestamp(6), plain("timestamptz", 3), timestamp(3)],
    [timestamp(0), plain("timestamptz", 3), timestamp(0)],
    [timestamp(6), plain("timestamp"), timestamp(6)],
    [timestamp(9), plain("timestamp", 3), timestamp(3)],
    [timestamp(6), plain("date"), undefined],
    [inet, plain("inet"), inet],
    [inet, plain("cidr"), undefined],
    [inet, plain("text"), text()],
    [list(text()), array("text"), list(text())],
    [list(text()), array("varchar", 9), list(text(5))],
    [list(int32), array("int8"), list(int64)],
    [list(int64), array("int4"), undefined],
    [list(list(text())), array("text"), undefined],
    [list(text()), plain("text"), undefined],
    [text(), array("text"), undefined],
    [text(), { name: null, typmod: -1, element: null }, undefined],
    [text(), plain("constructor"), undefined],
  ] as const)("%j into %j → %j", (field, column, as) => {
    assert.deepStrictEqual(accept(field, column), as)
  })
})

describe("newColumnType", () => {
  it.each([
    [bool, "BOOLEAN"],
    [int16, "SMALLINT"],
    [int32, "INTEGER"],
    [int64, "BIGINT"],
    [float32, "REAL"],
    [float64, "DOUBLE PRECISION"],
    [decimal(20, 4), "NUMERIC(20,4)"],
    [decimal(1001, 4), "NUMERIC"],
    [text(), "TEXT"],
    [text(200), "VARCHAR(200)"],
    [text(20_000_000), "TEXT"],
    [json, "JSONB"],
    [uuid, "UUID"],
    [bytes, "BYTEA"],
    [date, "DATE"],
    [timestamp(6), "TIMESTAMP WITH TIME ZONE"],
    [inet, "INET"],
    [list(text(200)), "VARCHAR(200)[]"],
    [list(list(text())), undefined],
  ] as const)("%j → %s", (type, sql) => {
    assert.strictEqual(newColumnType(type)?.sql, sql)
  })
})
