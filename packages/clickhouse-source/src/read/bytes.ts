/** The bytes of one answer as an AsyncIterable: pulled one chunk at a time, and only ending when the answer is whole. */
import type { Readable } from "node:stream"
import type { SourceError } from "@batch-exports/core"
import { Silence } from "../errors/classify.ts"
import type { Answer } from "./Answer.ts"

export interface Outcome {
  rows: number | undefined
  failure: SourceError | undefined
}

export interface Options {
  readonly stream: Readable
  readonly answer: Answer
  readonly outcome: Outcome
  /** Milliseconds that may pass between asking for bytes and getting some. A slow reader does not count. */
  readonly patience: number
  readonly failed: (cause: unknown) => SourceError
  readonly incomplete: (what: string) => SourceError
}

export async function* bytes(options: Options): AsyncGenerator<Uint8Array, void, undefined> {
  const { answer, outcome, stream } = options
  const give = (failure: SourceError): never => {
    outcome.failure ??= failure
    throw outcome.failure
  }
  if (outcome.rows !== undefined || outcome.failure !== undefined || stream.readableDidRead) {
    give(options.incomplete("was asked for twice"))
  }
  const chunks = watched(stream, options.patience)
  try {
    for (;;) {
      const next = await chunks.next().catch((cause: unknown) => give(broken(options, cause)))
      if (next.done === true) break
      const ready = answer.push(next.value)
      if (ready !== undefined) yield ready
    }
    const { end, rest } = answer.end()
    if (end._tag === "Exception") give(options.failed(new Error(end.text)))
    if (end._tag === "CutShort") give(options.incomplete("ended before its last row"))
    if (rest.length > 0) yield rest
    if (end._tag === "Whole") outcome.rows = end.rows
  } finally {
    stream.destroy()
  }
}

/** A connection that breaks after an exception was announced broke because of it. */
const broken = ({ answer, failed }: Options, cause: unknown): SourceError => {
  const { end } = answer.end()
  return failed(end._tag === "Exception" ? new Error(end.text) : cause)
}

async function* watched(stream: Readable, patience: number): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]()
  for (;;) {
    const timer = setTimeout(() => stream.destroy(new Silence("no bytes")), patience)
    const next = await chunks.next().finally(() => clearTimeout(timer))
    if (next.done === true) return
    yield next.value
  }
}
