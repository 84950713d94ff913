/** The body of an answer: backpressure, compression, and the failures that a test asked for. */
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import type { Writable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import { compressor } from "./compression.ts"
import { Exception } from "./Exception.ts"
import type { QueryRequest } from "./request.ts"

export interface Output {
  /** Resolves when there is room for more. Fails with `ClientGone` when nobody listens any longer. */
  readonly write: (bytes: Buffer) => Promise<void>
  /** Past the failures on demand: for the text of an exception. */
  readonly writeAnyway: (bytes: Buffer) => Promise<void>
  /** Raises what is due at the very end. */
  readonly complete: () => void
  readonly end: () => Promise<void>
  /** Breaks the connection, after what was written has gone out. */
  readonly cut: () => Promise<void>
  readonly begun: () => boolean
}

export class ClientGone extends Error {}

/** An engine's block may have ten megabytes and more; the socket gets it in pieces. */
const pieceBytes = 1 << 20

export const openOutput = (response: ServerResponse, query: QueryRequest): Output => {
  const { failAfter, stallAfter } = query.failure
  let target: Writable | undefined
  let written = 0
  const open = (): Writable => {
    if (target !== undefined) return target
    target = response
    if (query.compression !== undefined) {
      response.setHeader("Content-Encoding", query.compression.encoding)
      target = compressor(query.compression.encoding, query.compression.level)
      target.pipe(response)
    }
    return target
  }
  const send = async (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      if (response.destroyed) throw new ClientGone()
      const piece = bytes.subarray(at, at + pieceBytes)
      written += piece.length
      if (!open().write(piece)) await drained(open(), response)
    }
  }
  return {
    write: async (bytes) => {
      const room = Math.min(failAfter, stallAfter) - written
      if (bytes.length <= room) return send(bytes)
      await send(bytes.subarray(0, room))
      if (failAfter <= stallAfter) throw demanded()
      void flushed(open(), response)
      if (!response.destroyed) await once(response, "close")
      throw new ClientGone()
    },
    writeAnyway: send,
    complete: () => {
      if (written >= failAfter) throw demanded()
    },
    end: async () => {
      if (response.destroyed || response.writableEnded) return
      open().end()
      if (!response.writableFinished) await Promise.race([once(response, "finish"), once(response, "close")])
    },
    cut: async () => {
      // The socket drops what it has not sent yet, down to the status line.
      await flushed(open(), response)
      response.destroy()
    },
    begun: () => target !== undefined,
  }
}

const demanded = () =>
  new Exception(395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO", "The failure that dev_fail_after_bytes asks for")

/** Until nothing is left in this process. A compressor keeps what it has for the next piece, unless told. */
const flushed = async (target: Writable, response: ServerResponse): Promise<void> => {
  if ("flush" in target) await new Promise<void>((resolve) => (target as ReturnType<typeof compressor>).flush(resolve))
  while (response.writableLength > 0 && !response.destroyed) await sleep(5)
}

const drained = async (target: Writable, response: ServerResponse): Promise<void> => {
  const waiting = new AbortController()
  try {
    await Promise.race([
      once(target, "drain", { signal: waiting.signal }),
      once(response, "close", { signal: waiting.signal }),
    ])
  } finally {
    waiting.abort()
  }
}
