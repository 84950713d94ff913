/**
 * Servers before 25.11 write an exception into the body as plain text, right behind what they had sent by then. An answer without
 * our trailer behind it has failed anyway, and then this finds the server's own words. With the trailer behind it, the
 * text could be a row's: it is an exception only where no row can end like this. Whatever is missed here does not fit the
 * rows that the trailer announces, and the destination refuses it.
 */
import type { Framing } from "../encodings/RowEncoding.ts"

const start = /Code: \d+\. DB::[A-Za-z]*Exception: /g

const starts = (text: string): ReadonlyArray<number> => Array.from(text.matchAll(start), ({ index }) => index)

/** The end of an answer, without the marks that stand behind rows. */
export interface Tail {
  readonly bytes: Buffer
  /** Whether it is all that there was. */
  readonly isAll: boolean
  readonly framing: Framing
}

/** Of an answer that did not end as it should have, which may have been cut within a row. */
export const inBroken = ({ bytes, framing }: Tail): string | undefined => {
  // In latin1, characters are bytes.
  const text = bytes.toString("latin1")
  const candidates = starts(text)
  if (framing === "fields") {
    const outside = candidates.find((at) => !text.includes("\0", at) && !isInField(bytes, at, Infinity))
    return from(bytes, outside ?? candidates.at(-1))
  }
  const last = candidates.filter((at) => !text.includes("\t", at))
  // In the middle of a line, what a row quotes would come first.
  return from(bytes, last.find((at) => isLineStart(text, at)) ?? candidates.at(-1))
}

/** Of rows that the trailer stood behind. */
export const behindRows = ({ bytes, framing, isAll }: Tail): string | undefined => {
  const text = bytes.toString("latin1")
  return from(
    bytes,
    starts(text).find((at) =>
      framing === "lines"
        ? // No row of several columns is without tabs.
          isLineStart(text, at) && !text.includes("\t", at)
        : // Lengths hold a zero, text does not: without one before it, it may be in a field that began before what is kept.
          !text.includes("\0", at) &&
          !isInField(bytes, at, bytes.length) &&
          (at === 0 ? isAll : text.lastIndexOf("\0", at) >= 0),
    ),
  )
}

const isLineStart = (text: string, at: number) => at === 0 || text[at - 1] === "\n"

const from = (bytes: Buffer, at: number | undefined): string | undefined =>
  at === undefined ? undefined : bytes.toString("utf8", at).trim()

/** Whether a length before it says that its field goes on behind it, and ends at `last` at the latest. */
const isInField = (bytes: Buffer, at: number, last: number): boolean => {
  for (let begin = at; begin >= 4; begin--) {
    const length = bytes.readInt32BE(begin - 4)
    const end = begin + length
    if (length < longest && end >= at + shortest && end <= last) return true
  }
  return false
}

/** A number before it could pass for the length of less. */
const shortest = "Code: 1. DB::Exception: ".length
/** As lengths, four characters of text are greater. */
const longest = 0x0800_0000
