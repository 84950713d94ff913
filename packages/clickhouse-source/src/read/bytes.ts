/** The bytes of one answer as an AsyncIterable: pulled one chunk at a time, and only ending when the answer is whole. */
import type { Readable } from "node:stream"
import type { SourceError } from "@batch-exports/core"
import { Silence } from "../errors/classify.ts"
import type { Proof } from "./Answer.ts"
import type { Marks } from "./Marks.ts"

export interface Outcome {
  begun: boolean
  rows: number | undefined
  failure: SourceError | undefined
}

export interface Options {
  readonly stream: Readable
  readonly answer: Proof
  readonly marks: Marks
  readonly outcome: Outcome
  /** Milliseconds that may pass between asking for bytes and getting some. A slow reader does not count. */
  readonly patience: number
  readonly failed: (cause: unknown) => SourceError
  readonly incomplete: SourceError
  readonly misused: SourceError
}

export const bytes = (options: Options): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => proven(options),
})

async function* proven(options: Options): AsyncGenerator<Uint8Array, void, undefined> {
  const { answer, marks, outcome, stream } = options
  const give = (failure: SourceError): never => {
    outcome.failure ??= failure
    throw outcome.failure
  }
  // A second reader would see the rest of an answer, or its clean end.
  if (outcome.begun) give(options.misused)
  outcome.begun = true
  const chunks: AsyncIterator<Uint8Array, unknown> = stream[Symbol.asyncIterator]()
  let isAsked = false
  // One timer for all chunks: begun anew whenever one is asked for, and of no meaning while none is.
  const timer = setTimeout(() => {
    if (isAsked) stream.destroy(new Silence("no bytes"))
  }, options.patience)
  // Whoever waits for bytes has a socket open; whoever has given them up need not wait for this.
  timer.unref()
  const nextChunk = async () => {
    isAsked = true
    timer.refresh()
    try {
      return await chunks.next()
    } catch (cause) {
      return give(broken(options, cause))
    } finally {
      isAsked = false
    }
  }
  try {
    for (;;) {
      const next = await nextChunk()
      if (next.done === true) break
      for (const ready of answer.push(next.value)) yield* marks.push(ready)
    }
    const { end, rest } = answer.end()
    if (end._tag === "Exception") give(options.failed(new Error(end.text)))
    if (end._tag === "CutShort") give(options.incomplete)
    yield* marks.push(rest)
    if (marks.end().length > 0) yield marks.end()
    if (end._tag === "Whole") outcome.rows = end.rows ?? marks.rows
  } finally {
    clearTimeout(timer)
    stream.destroy()
  }
}

/** A connection that breaks after an exception was announced broke because of it. */
const broken = ({ answer, failed }: Options, cause: unknown): SourceError => {
  const { end } = answer.end()
  return failed(end._tag === "Exception" ? new Error(end.text) : cause)
}
