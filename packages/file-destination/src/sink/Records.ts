/** Cuts the bytes of a window into the contents of files: where a record ends, once a size is reached. Nothing is held back. */
import { DestinationError } from "@batch-exports/core"

const LINE_FEED = 10

export class Records {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #signal: AbortSignal
  /** Ends the read that is under way. */
  #interrupt: ((reason: unknown) => void) | undefined
  #pending: Uint8Array = new Uint8Array(0)
  #done = false
  #open = false
  rows = 0
  bytes = 0

  constructor(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    this.#iterator = bytes[Symbol.asyncIterator]()
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
    if (this.#open) throw unended(this.rows + 1)
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
      const enough = end - this.bytes - 1
      const cut = this.#pending.indexOf(LINE_FEED, Math.max(0, enough)) + 1
      const last = enough < this.#pending.length && cut > 0
      const piece = last ? this.#pending.subarray(0, cut) : this.#pending
      this.#pending = this.#pending.subarray(piece.length)
      this.#count(piece)
      yield piece
      if (last) return
    }
  }

  /** Lets the source go without waiting for a read that is under way. */
  release(): void {
    void this.#iterator.return?.()?.catch(() => undefined)
  }

  #count(piece: Uint8Array): void {
    for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, at + 1)) this.rows += 1
    this.bytes += piece.length
    this.#open = piece.at(-1) !== LINE_FEED
  }
}

const unended = (row: number): DestinationError =>
  new DestinationError({
    reason: "Misuse",
    message: `record ${row} of the window ends without a line feed`,
    remedy: "Report this to the author of the source: every record must end with one.",
  })
