/**
 * Reads the end of a Parquet file (https://parquet.apache.org/docs/file-format): how many records it holds, and whether
 * it is whole. A file says at its end where everything in it stands, so bytes that are missing, doubled or added show.
 */

export interface Footer {
  readonly rows: number
  /** Where pages, indexes and filters stand: offset and length. */
  readonly ranges: ReadonlyArray<readonly [offset: number, length: number]>
}

/** Of the last bytes: the length of the metadata, and the word that ends a file. */
export const endLength = 8

const magic = "PAR1"

/** The length of the metadata before the last eight bytes; undefined where they are not the end of a Parquet file. */
export const metadataLength = (end: Uint8Array): number | undefined => {
  const bytes = Buffer.from(end.buffer, end.byteOffset, end.byteLength)
  return bytes.length === endLength && bytes.toString("latin1", 4) === magic ? bytes.readUInt32LE(0) : undefined
}

/** Undefined where the metadata cannot be read. */
export const readMetadata = (metadata: Uint8Array): Footer | undefined => {
  try {
    return footerOf(new Compact(metadata).struct())
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/**
 * True where what the metadata speaks of lies side by side and ends where the metadata begins. Between pages there may be room: some
 * writers, ClickHouse among them, do not count the headers of pages. A byte too many or too few moves the end all the same.
 */
export const isWhole = ({ ranges }: Footer, fileLength: number, metadata: number): boolean => {
  let at = magic.length
  for (const [offset, length] of [...ranges].sort(([a], [b]) => a - b)) {
    if (offset < at || length < 0) return false
    at = offset + length
  }
  return at === fileLength - endLength - metadata
}

type Value = number | boolean | ReadonlyArray<Value> | Struct | undefined
type Struct = ReadonlyMap<number, Value>

const footerOf = (file: Struct): Footer => {
  const ranges: Array<readonly [number, number]> = []
  const add = (offset: Value, length: Value) => {
    if (typeof offset === "number" && typeof length === "number" && length > 0) ranges.push([offset, length])
  }
  let rows = 0
  for (const group of structs(file.get(4))) {
    rows += number(group.get(3))
    for (const chunk of structs(group.get(1))) {
      add(chunk.get(4), chunk.get(5))
      add(chunk.get(6), chunk.get(7))
      const meta = chunk.get(3)
      if (!(meta instanceof Map)) throw new RangeError("a column without metadata")
      const column: Struct = meta
      const pages = [column.get(9), column.get(11)].filter((offset) => typeof offset === "number" && offset > 0)
      add(Math.min(...pages.map(number)), column.get(7))
      add(column.get(14), column.get(15))
    }
  }
  if (rows !== number(file.get(3))) throw new RangeError("the groups hold another number of rows than the file")
  return { rows, ranges }
}

const structs = (value: Value): ReadonlyArray<Struct> =>
  Array.isArray(value) ? value.filter((item): item is Struct => item instanceof Map) : []

const number = (value: Value): number => {
  if (typeof value === "number") return value
  throw new RangeError("a number is missing")
}

/** Thrift's compact protocol. Texts are skipped: nothing is asked of them. Throws a `RangeError` past the end. */
class Compact {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  struct(): Struct {
    const fields = new Map<number, Value>()
    let id = 0
    for (;;) {
      const header = this.#byte()
      if (header === 0) return fields
      const delta = header >> 4
      id = delta === 0 ? this.#zigzag() : id + delta
      fields.set(id, this.#value(header & 15, false))
    }
  }

  #value(type: number, inList: boolean): Value {
    switch (type) {
      case 1:
        return inList ? this.#byte() === 1 : true
      case 2:
        return inList ? this.#byte() === 1 : false
      case 3:
        return this.#byte()
      case 4:
      case 5:
      case 6:
        return this.#zigzag()
      case 7:
        return this.#skip(8)
      case 8:
        return this.#skip(this.#varint())
      case 9:
      case 10: {
        const header = this.#byte()
        const size = header >> 4 === 15 ? this.#varint() : header >> 4
        if (size > this.#bytes.length) throw new RangeError("a list is longer than the metadata")
        return Array.from({ length: size }, () => this.#value(header & 15, true))
      }
      case 12:
        return this.struct()
      default:
        throw new RangeError(`a type that Parquet does not use: ${type}`)
    }
  }

  #skip(length: number): undefined {
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError("past the end")
    return undefined
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new RangeError("past the end")
    return byte
  }

  /** Exact up to 2^53, which no offset reaches. */
  #varint(): number {
    let [value, factor] = [0, 1]
    for (;;) {
      const byte = this.#byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
