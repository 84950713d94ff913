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
  /** What may be passed on, in chunks as they came. They must not be written to afterwards. */
  readonly push: (chunk: Uint8Array) => ReadonlyArray<Uint8Array>
  /** To be called when the connection ended cleanly: the last bytes to pass on, and what they prove. */
  readonly end: () => { readonly rest: Uint8Array; readonly end: End }
}

/** An exception that is not marked is looked for in this much of the end: the server's own limit for its text. */
const untaggedReach = 16_384
/** A marked one, in this much: as much of its text as a message can use. Of a longer one, only the words are missed. */
const taggedReach = 65_536
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
  /** The last chunks, in which the end is looked for once it has come: nothing is searched, and no byte copied, on the way. */
  readonly #held: Array<Buffer> = []
  #heldLength = 0

  constructor({ counted = true, framing, mark, nonce, tag }: Options) {
    this.#nonce = nonce
    this.#count = counted ? /^\d+$/ : /^$/
    this.#framing = framing
    this.#marks = new RegExp(`${mark.nonce}[01]{${mark.digits}}`, "g")
    this.#marker = tag === undefined ? undefined : Buffer.from(`__exception__\r\n${tag}`)
    this.#reach = nonce.length + digits + (tag === undefined ? untaggedReach : taggedReach)
  }

  push(chunk: Uint8Array): ReadonlyArray<Uint8Array> {
    this.#held.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    this.#heldLength += chunk.length
    const ready: Array<Uint8Array> = []
    for (;;) {
      const first = this.#held[0]
      if (first === undefined || this.#heldLength - first.length < this.#reach) break
      this.#held.shift()
      this.#heldLength -= first.length
      if (first.length > 0) ready.push(first)
    }
    this.#isAll &&= ready.length === 0
    return ready
  }

  /** To be called when the connection ended cleanly: the last bytes to pass on, and what they prove. */
  end(): { readonly rest: Uint8Array; readonly end: End } {
    const nothing = Buffer.alloc(0)
    const held = Buffer.concat(this.#held)
    const marked = this.#marker === undefined ? -1 : held.indexOf(this.#marker)
    if (marked >= 0) {
      return { rest: nothing, end: { _tag: "Exception", text: markedText(held.subarray(marked).toString()) } }
    }
    const start = held.lastIndexOf(this.#nonce)
    const count = start < 0 ? "" : held.toString("latin1", start + this.#nonce.length)
    const body = start < 0 ? held : held.subarray(0, start)
    const isWhole = start >= 0 && this.#count.test(count)
    if (this.#marker === undefined) {
      const text = isWhole ? Untagged.behindRows(this.#tail(body)) : Untagged.inBroken(this.#tail(held))
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
