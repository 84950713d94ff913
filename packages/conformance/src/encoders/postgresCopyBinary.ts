/** `postgres-copy-binary`: tuples alone, without what COPY wants before and after them. */
import type { FieldType, Projection } from "@batch-exports/core"
import type { Row, Value } from "./Value.ts"
import { oidOf } from "./binaryTypes.ts"
import { BinaryReader } from "./BinaryReader.ts"
import { cellsOf, type Codec, Malformed, NoForm, rowOf, utf8 } from "./Encoder.ts"
import { daysOf, daysText, instantText, microsOf } from "./postgresTime.ts"

const name = "postgres-copy-binary"

export const postgresCopyBinary: Codec = {
  name,
  takes: ({ as, targetType }) => oidOf(as, targetType) !== undefined,
  encode: (projection, rows) =>
    new Uint8Array(Buffer.concat(Array.from(rows, (row) => Buffer.concat([...tuple(projection, row)])))),
  decode: (projection, bytes) => {
    const reader = new BinaryReader(bytes)
    const rows: Array<Row> = []
    while (!reader.atEnd) rows.push(readTuple(projection, reader))
    return rows
  },
}

const tuple = function* (projection: Projection.Projection, row: Row) {
  yield int(16, BigInt(projection.columns.length))
  for (const [{ as, targetType }, value] of cellsOf(projection, row)) {
    if (oidOf(as, targetType) === undefined) throw new NoForm(`${name} (${targetType})`, as)
    yield sized(value === null ? undefined : payload(as, targetType, value))
  }
}

/** NULL has the length −1, and no value. */
const sized = (bytes: Buffer | undefined): Buffer =>
  bytes === undefined ? int(32, -1n) : Buffer.concat([int(32, BigInt(bytes.length)), bytes])

const int = (bits: 16 | 32 | 64, value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt.asIntN(64, value << BigInt(64 - bits)))
  return bytes.subarray(0, bits / 8)
}

const payload = (as: FieldType.FieldType, targetType: string, value: NonNullable<Value>): Buffer => {
  switch (as._tag) {
    case "Bool":
      return Buffer.from([value === true ? 1 : 0])
    case "Int":
      return int(as.bits, value as bigint)
    case "Float": {
      const bytes = Buffer.alloc(as.bits / 8)
      if (as.bits === 32) bytes.writeFloatBE(Number(value))
      else bytes.writeDoubleBE(Number(value))
      return bytes
    }
    case "Text":
      return Buffer.from(String(value))
    case "Json":
      // jsonb begins with the version of its form.
      return Buffer.concat([Buffer.from(targetType === "jsonb" ? [1] : []), Buffer.from(String(value))])
    case "Uuid":
      return Buffer.from(String(value).replaceAll("-", ""), "hex")
    case "Bytes":
      return Buffer.from(value as Uint8Array)
    case "Date":
      return int(32, daysOf(String(value)))
    case "Timestamp":
      return int(64, microsOf(String(value)))
    case "List":
      return array(as, targetType, value as ReadonlyArray<Value>)
    case "Decimal":
    case "Inet":
      throw new NoForm(name, as)
    default:
      return as satisfies never
  }
}

/** Number of dimensions, flags, type of the elements; then for the one dimension its length and lower bound. */
const array = (as: FieldType.FieldType & { _tag: "List" }, targetType: string, items: ReadonlyArray<Value>): Buffer => {
  const elementType = targetType.slice(0, -2)
  const elements = items.map((item) => sized(item === null ? undefined : payload(as.of, elementType, item)))
  const oid = BigInt(oidOf(as.of, elementType) ?? 0)
  const head = [items.length === 0 ? 0n : 1n, items.includes(null) ? 1n : 0n, oid]
  const dimension = items.length === 0 ? [] : [BigInt(items.length), 1n]
  return Buffer.concat([...[...head, ...dimension].map((number) => int(32, number)), ...elements])
}

const readTuple = (projection: Projection.Projection, reader: BinaryReader): Row => {
  const count = Number(reader.int(16))
  if (count !== projection.columns.length) throw new Malformed(`a tuple has ${count} fields`)
  return rowOf(
    projection,
    projection.columns.map(({ as, targetType }) => readSized(as, targetType, reader)),
  )
}

const readSized = (as: FieldType.FieldType, targetType: string, reader: BinaryReader): Value => {
  const length = Number(reader.int(32))
  return length === -1 ? null : readPayload(as, targetType, reader.take(length))
}

const readPayload = (as: FieldType.FieldType, targetType: string, bytes: Uint8Array): Value => {
  const reader = new BinaryReader(bytes)
  switch (as._tag) {
    case "Bool":
      return reader.int(8) === 1n
    case "Int":
      return reader.int(as.bits)
    case "Float":
      return reader.float(as.bits)
    case "Text":
      return utf8(bytes)
    case "Json":
      return utf8(targetType === "jsonb" ? bytes.subarray(1) : bytes)
    case "Uuid":
      return Buffer.from(bytes)
        .toString("hex")
        .replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
    case "Bytes":
      return new Uint8Array(bytes)
    case "Date":
      return daysText(reader.int(32))
    case "Timestamp":
      return instantText(reader.int(64), as.digits)
    case "List":
      return readArray(as.of, targetType.slice(0, -2), reader)
    case "Decimal":
    case "Inet":
      throw new NoForm(name, as)
    default:
      return as satisfies never
  }
}

const readArray = (of: FieldType.FieldType, elementType: string, reader: BinaryReader): Value => {
  const dimensions = reader.int(32)
  reader.int(32)
  const oid = Number(reader.int(32))
  if (oid !== oidOf(of, elementType)) throw new Malformed(`the elements of a ${elementType}[] have the type ${oid}`)
  if (dimensions === 0n) return []
  const length = Number(reader.int(32))
  reader.int(32)
  return Array.from({ length }, () => readSized(of, elementType, reader))
}
