/** Cuts the bytes of a window into the contents of files: where a record ends, once a size is reached. Nothing is held back. */
import { DestinationError } from "@batch-exports/core"

const LINE_FEED = 10

/** Finds the ends of records in bytes that come in pieces. */
export interface Lines {
  /** Counts the records that end in `bytes`, up to the first end at `enough` or behind it: there the search stops. */
  readonly scan: (bytes: Uint8Array, enough: number) => { readonly rows: number; readonly end: number | undefined }
  /** True between two records. */
  readonly isBetween: () => boolean
}

/** A line feed ends a record, wherever it stands. */
export const plainLines = (): Lines => {
  let between = true
  return {
    scan: (bytes, enough) => {
      let rows = 0
      for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) {
        rows += 1
        if (at >= enough) {
          between = true
          return { rows, end: at + 1 }
        }
      }
      between = bytes.at(-1) === LINE_FEED
      return { rows, end: undefined }
    },
    isBetween: () => between,
  }
}

/** Of formats whose records are not seen from outside: they go on to the end. */
export const noLines: Lines = { scan: () => ({ rows: 0, end: undefined }), isBetween: () => true }

const QUOTE = 34

/** Within quotes, a line feed is part of a value. A quote that is written twice leaves and enters them again. */
export const quotedLines = (): Lines => {
  let [quoted, between] = [false, true]
  return {
    scan: (bytes, enough) => {
      let rows = 0
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at]
        if (byte === QUOTE) quoted = !quoted
        else if (byte === LINE_FEED && !quoted) {
          rows += 1
          if (at >= enough) {
            between = true
            return { rows, end: at + 1 }
          }
        }
      }
      between = !quoted && bytes.at(-1) === LINE_FEED
      return { rows, end: undefined }
    },
    isBetween: () => between,
  }
}

export class Records {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #signal: AbortSignal
  /** Ends the read that is under way. */
  #interrupt: ((reason: unknown) => void) | undefined
  #pending: Uint8Array = new Uint8Array(0)
  #done = false
  readonly #lines: Lines
  rows = 0
  bytes = 0

  constructor(bytes: AsyncIterable<Uint8Array>, lines: Lines, signal: AbortSignal) {
    this.#iterator = bytes[Symbol.asyncIterator]()
    this.#lines = lines
    this.#signal = signal
    signal.addEventListener("abort", () => this.#interrupt?.(signal.reason), { once: true })
  }

  /** False when the window has ended. Throws where its last record has no end. */
  async more(): Promise<boolean> {
    while (this.#pending.length === 0 && !this.#done) {
      const next = await this.#next()
      if (next.done === true) this.#done = true
      else this.#pending = next.value
    }
    if (this.#pending.length > 0) return true
    if (!this.#lines.isBetween()) throw unended(this.rows + 1)
    return false
  }

  /**
   * A source that says nothing must not hold up an interruption. Not by a race with one promise for the whole window, which
   * would hold on to every chunk until the window's end.
   */
  #next(): Promise<IteratorResult<Uint8Array>> {
    return new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      this.#interrupt = reject
      if (this.#signal.aborted) reject(this.#signal.reason as Error)
      else this.#iterator.next().then(resolve, reject)
    }).finally(() => {
      this.#interrupt = undefined
    })
  }

  /** The bytes of one file. It ends with the first record with which it reaches `size`. */
  async *file(size: number): AsyncGenerator<Uint8Array, void, void> {
    const end = this.bytes + size
    while (await this.more()) {
      const { end: cut, rows } = this.#lines.scan(this.#pending, end - this.bytes - 1)
      const piece = cut === undefined ? this.#pending : this.#pending.subarray(0, cut)
      this.#pending = this.#pending.subarray(piece.length)
      this.rows += rows
      this.bytes += piece.length
      yield piece
      if (cut !== undefined) return
    }
  }

  /** Lets the source go without waiting for a read that is under way. */
  release(): void {
    void this.#iterator.return?.()?.catch(() => undefined)
  }
}

const unended = (row: number): DestinationError =>
  new DestinationError({
    reason: "Misuse",
    message: `record ${row} of the window ends without a line feed`,
    remedy: "Report this to the author of the source: every record must end with one.",
  })
