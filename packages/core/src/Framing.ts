/**
 * Cuts the bytes of a line-based encoding (`jsonl`) into batches of whole lines, for destinations that send requests or
 * rows. Bytes stay bytes: nothing is decoded, and a line feed within a value is always escaped there.
 */
import { Effect } from "effect"
import { DestinationError } from "./errors.ts"

export interface Limits {
  /** A batch is at most this long, unless it is one line that is longer. */
  readonly maxBytes: number
  readonly maxRows?: number
  /** A longer line is a `ValueUnfit`. Memory is bounded by this and `maxBytes`. Default: `maxBytes`. */
  readonly maxLineBytes?: number
}

export interface Batch {
  /** Whole lines, each with its line feed. The memory is the receiver's own. */
  readonly bytes: Uint8Array
  /** One line is one record. */
  readonly rows: number
}

const LINE_FEED = 10

/** Throws a `DestinationError` where a line is too long or the last one has no end, and whatever `bytes` throws. */
export async function* lines(bytes: AsyncIterable<Uint8Array>, limits: Limits): AsyncGenerator<Batch, void, void> {
  const maxRows = limits.maxRows ?? Number.POSITIVE_INFINITY
  const maxLine = limits.maxLineBytes ?? limits.maxBytes
  const buffer = new Growing()
  // Of the batch in the making: its whole lines, and what there is of the line after them.
  let [rows, size, line] = [0, 0, 0]
  let before = 0

  const take = (): Batch => {
    const batch = { bytes: buffer.take(size), rows }
    before += rows
    rows = size = 0
    return batch
  }

  for await (const chunk of bytes) {
    let [copied, at] = [0, 0]
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, at)
      const next = end === -1 ? chunk.length : end + 1
      line += next - at
      if (line > maxLine) throw tooLong(before + rows + 1, maxLine)
      if (end === -1) break
      if (rows > 0 && size + line > limits.maxBytes) {
        buffer.append(chunk.subarray(copied, at))
        copied = at
        yield take()
      }
      ;[rows, size, line, at] = [rows + 1, size + line, 0, next]
      if (rows >= maxRows || size >= limits.maxBytes) {
        buffer.append(chunk.subarray(copied, at))
        copied = at
        yield take()
      }
    }
    buffer.append(chunk.subarray(copied))
  }
  if (line > 0) throw unended(before + rows + 1)
  if (rows > 0) yield take()
}

/**
 * Runs `use` for one batch after the other, and returns the number of rows. A failing or interrupted `use` ends the
 * reading. A failure of `bytes` itself becomes a `ConnectionLost`, in whose place `exportWindow` reports the source's own.
 */
export const each = <E, R>(
  bytes: AsyncIterable<Uint8Array>,
  limits: Limits,
  use: (batch: Batch) => Effect.Effect<void, E, R>,
): Effect.Effect<number, E | DestinationError, R> =>
  Effect.suspend(() => {
    const batches = lines(bytes, limits)
    const loop = Effect.gen(function* () {
      let rows = 0
      for (;;) {
        const next = yield* Effect.tryPromise({ try: () => batches.next(), catch: asDestinationError })
        if (next.done === true) return rows
        yield* use(next.value)
        rows += next.value.rows
      }
    })
    // Not waited for: with a read under way, a generator's `return` waits for that read, and a silent source would hold up
    // the interruption.
    return Effect.onExit(loop, () => Effect.sync(() => void batches.return().catch(() => undefined)))
  })

const asDestinationError = (cause: unknown): DestinationError =>
  cause instanceof DestinationError
    ? cause
    : new DestinationError({
        reason: "ConnectionLost",
        message: "the bytes to write broke off",
        remedy: "Try again. If it stays, look at the source.",
      })

const tooLong = (row: number, limit: number): DestinationError =>
  new DestinationError({
    reason: "ValueUnfit",
    message: `record ${row} of the window is longer than ${limit} bytes, the longest that this destination takes`,
    remedy: "Raise the destination's limit, or leave the largest fields out.",
  })

const unended = (row: number): DestinationError =>
  new DestinationError({
    reason: "Misuse",
    message: `record ${row} of the window ends without a line feed`,
    remedy: "Report this to the author of the source: every record must end with one.",
  })

/** A buffer that doubles. Pieces of any size cost one copy each byte, however many there are. */
class Growing {
  #memory = new Uint8Array(0)
  #length = 0

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length
    if (length > this.#memory.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#memory.length, 4_096))
      larger.set(this.#memory.subarray(0, this.#length))
      this.#memory = larger
    }
    this.#memory.set(piece, this.#length)
    this.#length = length
  }

  /** Hands over the first bytes and keeps the rest. */
  take(size: number): Uint8Array {
    const taken = this.#memory.subarray(0, size)
    const rest = this.#memory.subarray(size, this.#length)
    this.#memory = new Uint8Array(rest.length)
    this.#memory.set(rest)
    this.#length = rest.length
    return taken
  }
}
