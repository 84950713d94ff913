/**
 * COPY: moves the bytes of one window into the table. The hot path: node streams with bounded buffers between two
 * sockets, no Effect and no look at a row.
 */
import { DestinationError } from "@batch-exports/core"
import { Duration, Effect } from "effect"
import { pipeline } from "node:stream/promises"
import { from as copyFrom } from "pg-copy-streams"
import type { Frame } from "../encodings.ts"
import type { Session } from "../connection/Session.ts"
import { classify } from "../failure/classify.ts"

export interface Incoming {
  readonly iterator: AsyncIterator<Uint8Array>
  readonly first: IteratorResult<Uint8Array, unknown>
}

export interface Copied {
  readonly rows: number
  /** Of the source, without what is put around them. */
  readonly bytes: number
}

/**
 * Pulls the source until it has something to send, or has ended. Before the first window there is no transaction to hold
 * up, and a query may think for long; between windows (`stall` given) there is one, and silence is a stall.
 */
export const firstBytes = (
  bytes: AsyncIterable<Uint8Array>,
  stall?: Pick<Request, "action" | "stallTimeout">,
): Effect.Effect<Incoming, DestinationError> =>
  Effect.callback((resume) => {
    const iterator = bytes[Symbol.asyncIterator]()
    const timer =
      stall &&
      setTimeout(() => {
        release(iterator)
        resume(Effect.fail(stalled(stall, { bytes: 0, waitingFor: "source" })))
      }, Duration.toMillis(stall.stallTimeout))
    iterator.next().then(
      (first) => {
        clearTimeout(timer)
        resume(Effect.succeed({ iterator, first }))
      },
      () => {
        clearTimeout(timer)
        resume(Effect.fail(sourceBroke()))
      },
    )
    return Effect.sync(() => {
      clearTimeout(timer)
      release(iterator)
    })
  })

/** Tells the source that no more is wanted. Not awaited: a stuck source answers when its own scope closes. */
export const release = (iterator: AsyncIterator<Uint8Array>): void => {
  iterator.return?.().then(undefined, () => {})
}

export interface Request {
  /** Continues the sentence "While …" in an error. */
  readonly action: string
  readonly sql: string
  readonly frame: Frame
  readonly incoming: Incoming
  readonly stallTimeout: Duration.Duration
}

export const copy = (session: Session, request: Request): Effect.Effect<Copied, DestinationError> =>
  Effect.callback((resume) => {
    const at = { action: request.action, phase: "transfer", names: session.names } as const
    const progress: Progress = { bytes: 0, waitingFor: "server", broken: false }
    const target = wholeMessages(copyFrom(request.sql, { highWaterMark: bufferBytes }), session.client)
    let over = false

    // Ends this attempt. The socket is closed before anything else: CopyDone must never follow a broken source.
    const fail = (error: DestinationError) => {
      if (over) return
      over = true
      clearTimeout(timer)
      session.kill()
      resume(Effect.fail(error))
    }
    const timer = setTimeout(() => fail(stalled(request, progress)), Duration.toMillis(request.stallTimeout))
    const broke = (error: unknown) => fail(progress.broken ? sourceBroke() : classify(error, at))
    // The pipeline would not say so before the source's next chunk, which may be minutes away.
    target.on("error", broke)

    session.client.query(target)
    pipeline(
      pieces(request, progress, timer, () => fail(sourceBroke())),
      target,
    ).then(() => {
      over = true
      clearTimeout(timer)
      resume(Effect.succeed({ rows: target.rowCount, bytes: progress.bytes }))
    }, broke)
    return Effect.sync(() => {
      over = true
      clearTimeout(timer)
      session.kill()
    })
  })

/** A message's length and its bytes go out together: written one after the other, each is a packet, and a TLS record, of its own. */
const wholeMessages = <Copy extends ReturnType<typeof copyFrom>>(
  copy: Copy,
  { connection }: Session["client"],
): Copy => {
  const writes = copy as unknown as { flushChunk: (chunk: Uint8Array) => boolean }
  const flushChunk = writes.flushChunk.bind(copy)
  writes.flushChunk = (chunk) => {
    connection.stream.cork()
    const hasRoom = flushChunk(chunk)
    connection.stream.uncork()
    return hasRoom
  }
  return copy
}

interface Progress {
  bytes: number
  waitingFor: "source" | "server"
  broken: boolean
}

const bufferBytes = 1024 * 1024
const pieceBytes = 256 * 1024

/**
 * The source's chunks in their frame, cut so that a huge one is buffered piece by piece and each accepted piece counts as
 * progress.
 */
const pieces = async function* (
  { frame, incoming: { first, iterator } }: Request,
  progress: Progress,
  timer: NodeJS.Timeout,
  onBroken: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let next = first
  let ended = false
  try {
    yield* frame.before
    for (;;) {
      if (next.done === true) break
      const chunk = next.value
      progress.waitingFor = "server"
      for (let start = 0; start < chunk.length; start += pieceBytes) {
        const piece = chunk.subarray(start, start + pieceBytes)
        yield piece
        progress.bytes += piece.length
        timer.refresh()
      }
      progress.waitingFor = "source"
      next = await iterator.next()
      timer.refresh()
    }
    ended = true
    progress.waitingFor = "server"
  } catch (error) {
    ended = true
    progress.broken = true
    onBroken()
    throw error
  } finally {
    if (!ended) release(iterator)
  }
  yield* frame.after
}

/** The caller knows the source's own reason and reports that instead. */
const sourceBroke = (): DestinationError =>
  new DestinationError({
    reason: "SourceIncomplete",
    message: "The source broke off before its answer was complete",
    remedy: "Nothing was published. The run is tried again.",
  })

const stalled = (
  request: Pick<Request, "action" | "stallTimeout">,
  { bytes, waitingFor }: Pick<Progress, "bytes" | "waitingFor">,
): DestinationError =>
  new DestinationError({
    reason: "Stalled",
    message: `While ${request.action}: the ${waitingFor === "source" ? "source sent" : "server took"} nothing for ${Duration.format(request.stallTimeout)}, after ${bytes} bytes`,
    remedy: "Nothing was published. The run is tried again; raise stallTimeout if such pauses are normal.",
  })
