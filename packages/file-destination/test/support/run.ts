/** Drives the destination as `exportWindow` does, with lines of a few bytes for records. */
import {
  type Destination,
  type DestinationError,
  FieldType,
  type Model,
  RecordSchema,
  Run,
  Window,
} from "@batch-exports/core"
import { FileDestination } from "@batch-exports/file-destination"
import { DateTime, Effect, Result, type Scope } from "effect"

export const model: Model.Model = {
  name: "things",
  description: "Things",
  schema: RecordSchema.make(
    { name: "id", type: FieldType.int64, nullable: false, description: "", created: true },
    { name: "late", type: FieldType.text(), nullable: true, description: "", created: false },
  ),
  identity: { _tag: "Append" },
}

export const hours = (from: number, to: number): Window.Window => {
  const day = DateTime.makeUnsafe("2026-01-31T00:00:00Z")
  return new Window.Window({ start: DateTime.add(day, { hours: from }), end: DateTime.add(day, { hours: to }) })
}

export const runOf = (changes: Partial<Run.Run> = {}): Run.Run => ({
  id: "run-1",
  export: "events",
  model,
  definition: "d1",
  window: hours(0, 1),
  mode: "once",
  defensive: false,
  offers: ["jsonl"],
  ...changes,
})

export const configure = (folder: string, settings: Readonly<Record<string, unknown>> = {}): Destination.Configured =>
  Result.getOrThrow(FileDestination.configure({ folder, ...settings }))

/** Ten records for each hour, the same for the same hour. */
export const linesOf = (window: Window.Window): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (let at = window.start.epochMilliseconds; at < window.end.epochMilliseconds; at += 3_600_000) {
    for (let n = 0; n < 10; n++) lines.push(`{"id":"${at / 3_600_000}-${n}"}`)
  }
  return lines
}

export async function* bytesOf(lines: ReadonlyArray<string>, size = 50): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""))
  for (let at = 0; at < bytes.length; at += size) yield Uint8Array.from(bytes.subarray(at, at + size))
}

export const writeAll = (sink: Destination.Sink): Effect.Effect<Run.Stored, DestinationError> =>
  Effect.reduce(
    sink.missing,
    () => Run.emptyStored,
    (sum, window) =>
      Effect.map(sink.write({ window, bytes: bytesOf(linesOf(window)) }), (stored) => Run.addStored(sum, stored)),
  )

/** The receipt, or undefined where there was nothing to do. */
export const exportOnce: (
  to: Destination.Configured,
  run?: Run.Run,
) => Effect.Effect<Destination.Receipt | undefined, DestinationError> = Effect.fnUntraced(function* (
  to: Destination.Configured,
  run: Run.Run = runOf(),
): Effect.fn.Return<Destination.Receipt | undefined, DestinationError, Scope.Scope> {
  const sink = yield* to.open(run)
  if (sink.missing.length === 0) return undefined
  const stored = yield* writeAll(sink)
  return yield* sink.commit({ rows: stored.received, adjusted: {} })
}, Effect.scoped)
