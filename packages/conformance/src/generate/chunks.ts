/** Ways to cut bytes into pieces. A destination sees the same records in every one of them. */
import type { Random } from "./Random.ts"

const cutAt = (bytes: Uint8Array, cuts: Iterable<number>): ReadonlyArray<Uint8Array> => {
  const ends = [...new Set([...cuts, bytes.length])]
    .filter((end) => end > 0 && end <= bytes.length)
    .sort((a, b) => a - b)
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

export const whole = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => cutAt(bytes, [])

export const ofSize = (bytes: Uint8Array, size: number): ReadonlyArray<Uint8Array> =>
  cutAt(
    bytes,
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => (index + 1) * size),
  )

/** Inside every character of more than one byte. */
export const insideCharacters = (bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  cutAt(
    bytes,
    [...bytes.keys()].filter((index) => (bytes[index]! & 0xc0) === 0x80),
  )

/** Just before and just after each line feed. */
export const aroundLines = (bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  cutAt(
    bytes,
    [...bytes.keys()].flatMap((index) => (bytes[index] === 0x0a ? [index, index + 1] : [])),
  )

/** With empty pieces between them, which mean nothing. */
export const withEmptyPieces = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => [
  new Uint8Array(),
  ...ofSize(bytes, 1_000).flatMap((piece) => [piece, new Uint8Array()]),
]

export const random = (choose: Random, bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  cutAt(
    bytes,
    Array.from({ length: 1 + choose.int(40) }, () => choose.int(bytes.length + 1)),
  )
