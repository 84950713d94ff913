/**
 * Takes marks out of an answer and counts them. A row whose values had to be adjusted ends in a mark: a nonce, and a digit for
 * each column that can be adjusted. The count so comes from the very execution that sent the rows, and rows without a mark,
 * which is nearly all, cost a search for the nonce and no copy.
 */

export interface Options {
  /** ASCII, and nothing that data could contain. */
  readonly nonce: string
  /** The fields that the digits are about, in order. */
  readonly fields: ReadonlyArray<string>
  /** Every row has a mark, so that marks count the rows. */
  readonly ofEvery?: boolean
}

const one = 0x31

export class Marks {
  readonly #nonce: Buffer
  readonly #fields: ReadonlyArray<string>
  readonly #counts: Array<number>
  readonly #ofEvery: boolean
  #rows = 0
  /** The end of the last chunk, where it may be the beginning of a mark. */
  #held: Buffer = Buffer.alloc(0)

  constructor({ fields, nonce, ofEvery = false }: Options) {
    this.#nonce = Buffer.from(nonce, "latin1")
    this.#fields = fields
    this.#ofEvery = ofEvery
    this.#counts = fields.map(() => 0)
  }

  /** The chunk without its marks, in pieces. Pieces share memory with the chunk. */
  push(chunk: Uint8Array): ReadonlyArray<Uint8Array> {
    if (this.#fields.length === 0 && !this.#ofEvery) return chunk.length === 0 ? [] : [chunk]
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const data = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh])
    const size = this.#nonce.length + this.#fields.length
    const pieces: Array<Uint8Array> = []
    let from = 0
    for (;;) {
      const at = data.indexOf(this.#nonce, from)
      const end = at >= 0 ? at : data.length - this.#beginning(data, from)
      if (end > from) pieces.push(data.subarray(from, end))
      if (at < 0 || at + size > data.length) {
        this.#held = data.subarray(end)
        return pieces
      }
      for (const index of this.#counts.keys()) {
        if (data[at + this.#nonce.length + index] === one) this.#counts[index]! += 1
      }
      this.#rows += 1
      from = at + size
    }
  }

  /** What was held and proved to be no mark. */
  end(): Uint8Array {
    return this.#held
  }

  /** How many marks there were; of every row, if every row has one. */
  get rows(): number | undefined {
    return this.#ofEvery ? this.#rows : undefined
  }

  /** Counts by field, without zeros. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.#fields.flatMap((field, index) =>
        this.#counts[index]! > 0 ? [[field, this.#counts[index]!] as const] : [],
      ),
    )
  }

  /** How many of the last bytes are the beginning of the nonce. Nothing is allocated: this is asked of every chunk. */
  #beginning(data: Buffer, from: number): number {
    const first = this.#nonce[0]!
    let at = data.indexOf(first, Math.max(from, data.length - this.#nonce.length + 1))
    while (at >= 0) {
      if (this.#nonce.compare(data, at, data.length, 0, data.length - at) === 0) return data.length - at
      at = data.indexOf(first, at + 1)
    }
    return 0
  }
}
