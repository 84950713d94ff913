/**
 * The slow reference encoder for `postgres-copy-binary`, written from docs/encodings.md: tuples alone, without what COPY
 * wants before and after them.
 */
import { FieldType } from "@batch-exports/core"
import type { Value } from "@batch-exports/conformance/encoders"

export interface Cell {
  readonly as: FieldType.FieldType
  /** As `format_type` says it. */
  readonly targetType: string
  readonly value: Value
}

export const tuple = (cells: ReadonlyArray<Cell>): Buffer =>
  Buffer.concat([int(16, BigInt(cells.length)), ...cells.map((cell) => sized(payload(cell)))])

const sized = (bytes: Buffer | undefined): Buffer =>
  bytes === undefined ? int(32, -1n) : Buffer.concat([int(32, BigInt(bytes.length)), bytes])

const int = (bits: 16 | 32 | 64, value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt.asIntN(64, value << BigInt(64 - bits)))
  return bytes.subarray(0, bits / 8)
}

const payload = ({ as, targetType, value }: Cell): Buffer | undefined => {
  if (value === null) return undefined
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
      return Buffer.concat([Buffer.from(targetType === "jsonb" ? [1] : []), Buffer.from(String(value))])
    case "Uuid":
      return Buffer.from(String(value).replaceAll("-", ""), "hex")
    case "Bytes":
      return Buffer.from(value as Uint8Array)
    case "Date":
      return int(32, (milliseconds(`${String(value)}T00:00:00Z`) - epoch) / 86_400_000n)
    case "Timestamp": {
      const [, seconds = "", fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(String(value)) ?? []
      return int(64, (milliseconds(`${seconds}Z`) - epoch) * 1000n + BigInt(fraction.padEnd(6, "0")))
    }
    case "List":
      return array(as.of, targetType.slice(0, -2), value as ReadonlyArray<Value>)
    case "Decimal":
    case "Inet":
      throw new TypeError(`${as._tag} has no binary form`)
    default:
      return as satisfies never
  }
}

const milliseconds = (iso: string): bigint => BigInt(Date.parse(iso))
const epoch = milliseconds("2000-01-01T00:00:00Z")

/** Number of dimensions, flags, type of the elements; then for the one dimension its length and lower bound. */
const array = (of: FieldType.FieldType, elementType: string, items: ReadonlyArray<Value>): Buffer => {
  const elements = items.map((value) => sized(payload({ as: of, targetType: elementType, value })))
  const head = [items.length === 0 ? 0n : 1n, items.includes(null) ? 1n : 0n, elementOid(elementType)]
  const dimension = items.length === 0 ? [] : [BigInt(items.length), 1n]
  return Buffer.concat([...[...head, ...dimension].map((number) => int(32, number)), ...elements])
}

const elementOid = (type: string): bigint => {
  const found = Object.entries(oids).find(([name]) => type.replace(/\(\d+\)/, "") === name)
  if (found === undefined) throw new TypeError(`no OID for ${type}`)
  return BigInt(found[1])
}

const oids = {
  boolean: 16,
  bytea: 17,
  bigint: 20,
  smallint: 21,
  integer: 23,
  text: 25,
  json: 114,
  real: 700,
  "double precision": 701,
  character: 1042,
  bpchar: 1042,
  "character varying": 1043,
  date: 1082,
  "timestamp with time zone": 1184,
  uuid: 2950,
  jsonb: 3802,
}

/** A record of the model "pairs". */
export const pair = (id: bigint | null, note: string | null): Buffer =>
  tuple([
    { as: FieldType.int32, targetType: "integer", value: id },
    { as: FieldType.text(200), targetType: "character varying(200)", value: note },
  ])

/** Every third note is NULL. */
export const binaryPairs = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, id) => pair(BigInt(id), id % 3 === 0 ? null : `note ${id} \uffff`)))
