/**
 * Decides whether the answer of a query is whole. Bytes go in as they arrive; bytes come out once they can no longer be the
 * end of the answer, which is ours: a nonce and the number of rows. An exception, too, arrives as part of the body, because
 * the status was sent long before it.
 */
import type { Framing } from "../encodings/RowEncoding.ts"
import * as Untagged from "./untagged.ts"

export interface Options {
  readonly nonce: string
  /** What begins a mark (see Marks.ts), and how many digits follow it. */
  readonly mark: { readonly nonce: string; readonly digits: number }
  readonly framing: Framing
  /**
   * What the server said (X-ClickHouse-Exception-Tag, 25.11 and newer) that it would put around an exception. Without it,
   * an exception is plain text somewhere near the end.
   */
  readonly tag: string | undefined
  /** False: the trailer is the nonce alone, and something else counts the rows. */
  readonly counted?: boolean
}

export type End =
  | { readonly _tag: "Whole"; readonly rows: number | undefined }
  | { readonly _tag: "Exception"; readonly text: string }
  | { readonly _tag: "CutShort" }

/** Takes an answer in, and says what it proved to be. */
export interface Proof {
  /** What may be passed on; undefined when there is nothing. */
  readonly push: (chunk: Uint8Array) => Uint8Array | undefined
  /** To be called when the connection ended cleanly: the last bytes to pass on, and what they prove. */
  readonly end: () => { readonly rest: Uint8Array; readonly end: End }
}

/** An exception that is not marked is looked for in this much of the end: the server's own limit for its text. */
const untaggedReach = 16_384
/** As much of an exception as a message can use. */
const textLimit = 65_536
/** Digits of the greatest count, and some. */
const digits = 24

export class Answer implements Proof {
  readonly #nonce: string
  readonly #count: RegExp
  readonly #marker: Buffer | undefined
  readonly #reach: number
  readonly #marks: RegExp
  readonly #framing: Framing
  #isAll = true
  #held: Buffer = Buffer.alloc(0)
  #exception: Buffer | undefined

  constructor({ counted = true, framing, mark, nonce, tag }: Options) {
    this.#nonce = nonce
    this.#count = counted ? /^\d+$/ : /^$/
    this.#framing = framing
    this.#marks = new RegExp(`${mark.nonce}[01]{${mark.digits}}`, "g")
    this.#marker = tag === undefined ? undefined : Buffer.from(`__exception__\r\n${tag}`)
    this.#reach = Math.max(nonce.length + digits, this.#marker?.length ?? untaggedReach)
  }

  /**
   * What may be passed on; undefined when there is nothing. Chunks are passed on as they came, each when the next one shows
   * that it was not the last: on the hot path no byte is copied. A chunk must not be written to afterwards.
   */
  push(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#exception !== undefined) {
      if (this.#exception.length < textLimit) this.#exception = Buffer.concat([this.#exception, chunk])
      return undefined
    }
    const next = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.#marker !== undefined && this.#holdsMarker(this.#marker, next)) {
      const all = Buffer.concat([this.#held, next])
      this.#exception = all.subarray(all.indexOf(this.#marker))
      return undefined
    }
    if (next.length >= this.#reach) {
      const ready = this.#held
      this.#held = next
      this.#isAll &&= ready.length === 0
      return ready.length === 0 ? undefined : ready
    }
    const all = Buffer.concat([this.#held, next])
    const safe = Math.max(0, all.length - this.#reach)
    this.#held = all.subarray(safe)
    this.#isAll &&= safe === 0
    return safe === 0 ? undefined : all.subarray(0, safe)
  }

  /** In the new chunk, or over the edge between it and what is held. */
  #holdsMarker(marker: Buffer, next: Buffer): boolean {
    if (next.includes(marker)) return true
    const edge = marker.length - 1
    return Buffer.concat([this.#held.subarray(Math.max(0, this.#held.length - edge)), next.subarray(0, edge)]).includes(
      marker,
    )
  }

  /** To be called when the connection ended cleanly: the last bytes to pass on, and what they prove. */
  end(): { readonly rest: Uint8Array; readonly end: End } {
    const nothing = Buffer.alloc(0)
    if (this.#exception !== undefined) {
      return { rest: nothing, end: { _tag: "Exception", text: markedText(this.#exception.toString()) } }
    }
    const start = this.#held.lastIndexOf(this.#nonce)
    const count = start < 0 ? "" : this.#held.toString("latin1", start + this.#nonce.length)
    const body = start < 0 ? this.#held : this.#held.subarray(0, start)
    const isWhole = start >= 0 && this.#count.test(count)
    if (this.#marker === undefined) {
      const text = isWhole ? Untagged.behindRows(this.#tail(body)) : Untagged.inBroken(this.#tail(this.#held))
      if (text !== undefined) return { rest: nothing, end: { _tag: "Exception", text } }
    }
    if (!isWhole) return { rest: nothing, end: { _tag: "CutShort" } }
    return { rest: body, end: { _tag: "Whole", rows: count === "" ? undefined : Number(count) } }
  }

  #tail(held: Buffer): Untagged.Tail {
    const bytes = Buffer.from(held.toString("latin1").replaceAll(this.#marks, ""), "latin1")
    return { bytes, isAll: this.#isAll, framing: this.#framing }
  }
}

/** The text between the tag and the length that the server writes after it. */
export const markedText = (block: string): string =>
  block
    .replace(/^__exception__\r\n[^\r]*\r\n/, "")
    .replace(/\d+ \S+\r\n__exception__\r\n$/, "")
    .trim()
