/** How the memory destination and its store talk: frames of a kind, a length and a payload, over one TCP connection. */

/** `J`: a request or an answer, as JSON. `D`: bytes of the window that is being written; they are not answered. */
export type Kind = "J" | "D"

export interface Frame {
  readonly kind: Kind
  readonly payload: Buffer
}

export const frame = (kind: Kind, payload: Uint8Array): ReadonlyArray<Uint8Array> => {
  const head = Buffer.alloc(5)
  head.write(kind, 0, "latin1")
  head.writeUInt32BE(payload.length, 1)
  return [head, payload]
}

export const message = (value: unknown): ReadonlyArray<Uint8Array> => frame("J", Buffer.from(JSON.stringify(value)))

/** Calls `onFrame` for each whole frame in what arrives. */
export const reader = (onFrame: (frame: Frame) => void): ((chunk: Buffer) => void) => {
  let waiting: Array<Buffer> = []
  let length = 0
  let needed = 5
  return (chunk) => {
    waiting.push(chunk)
    length += chunk.length
    // Joined only when a whole frame is there: a large one arrives in thousands of pieces.
    while (length >= needed) {
      const all = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting)
      const size = 5 + all.readUInt32BE(1)
      waiting = [all]
      needed = size
      if (length < size) return
      onFrame({ kind: all.toString("latin1", 0, 1) as Kind, payload: all.subarray(5, size) })
      waiting = [all.subarray(size)]
      length -= size
      needed = 5
    }
  }
}
