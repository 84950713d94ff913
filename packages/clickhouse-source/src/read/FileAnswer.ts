/**
 * Decides whether an answer that is a Parquet file is whole: it ends in metadata that says how many rows there are and where
 * everything stands, which has to be where it is said to be.
 */
import { Parquet } from "@batch-exports/core"
import { type End, markedText, type Proof } from "./Answer.ts"
import * as Untagged from "./untagged.ts"

/** Metadata takes some hundred bytes for each column of a row group. */
const longestMetadata = 32 * 1024 * 1024
/** An exception that is not marked is looked for in this much of the end. */
const untaggedReach = 16_384
const textLimit = 65_536

export class FileAnswer implements Proof {
  readonly #marker: Buffer | undefined
  /** The last chunks: enough for the metadata. */
  #kept: Array<Buffer> = []
  #keptLength = 0
  #length = 0
  /** The last bytes of what came before, in which a marker may begin. */
  #edge: Buffer = Buffer.alloc(0)
  #exception: Buffer | undefined

  constructor({ tag }: { readonly tag: string | undefined }) {
    this.#marker = tag === undefined ? undefined : Buffer.from(`__exception__\r\n${tag}`)
  }

  push(chunk: Uint8Array): ReadonlyArray<Uint8Array> {
    const next = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.#exception !== undefined) {
      if (this.#exception.length < textLimit) this.#exception = Buffer.concat([this.#exception, next])
      return []
    }
    this.#exception = this.#marker === undefined ? undefined : this.#fromMarker(this.#marker, next)
    if (this.#exception !== undefined) return []
    this.#kept.push(next)
    this.#keptLength += next.length
    this.#length += next.length
    while (this.#keptLength - (this.#kept[0]?.length ?? 0) > longestMetadata) {
      this.#keptLength -= this.#kept.shift()?.length ?? 0
    }
    return [chunk]
  }

  /** What begins with the marker: in the new chunk, or over the edge between it and those before. */
  #fromMarker(marker: Buffer, next: Buffer): Buffer | undefined {
    const reach = marker.length - 1
    const around = Buffer.concat([this.#edge, next.subarray(0, reach)])
    const early = around.indexOf(marker)
    if (early >= 0) return Buffer.concat([around.subarray(early), next.subarray(reach)])
    const at = next.indexOf(marker)
    if (at >= 0) return next.subarray(at)
    this.#edge = Buffer.from(next.length < reach ? around.subarray(-reach) : next.subarray(-reach))
    return undefined
  }

  end(): { readonly rest: Uint8Array; readonly end: End } {
    const rest = Buffer.alloc(0)
    if (this.#exception !== undefined) {
      return { rest, end: { _tag: "Exception", text: markedText(this.#exception.toString()) } }
    }
    const tail = Buffer.concat(this.#kept)
    const rows = this.#rows(tail)
    if (rows !== undefined) return { rest, end: { _tag: "Whole", rows } }
    const text =
      this.#marker === undefined
        ? Untagged.inBroken({ bytes: tail.subarray(-untaggedReach), isAll: false, framing: "fields" })
        : undefined
    return { rest, end: text === undefined ? { _tag: "CutShort" } : { _tag: "Exception", text } }
  }

  /** Undefined where the file is not whole. */
  #rows(tail: Buffer): number | undefined {
    const { endLength } = Parquet
    const metadata = Parquet.metadataLength(tail.subarray(-endLength))
    if (metadata === undefined || metadata + endLength > tail.length) return undefined
    const footer = Parquet.readMetadata(tail.subarray(tail.length - endLength - metadata, tail.length - endLength))
    return footer !== undefined && Parquet.isWhole(footer, this.#length, metadata) ? footer.rows : undefined
  }
}
