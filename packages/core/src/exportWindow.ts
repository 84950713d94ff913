/**
 * One attempt to export one window: open → read → write → commit, in one scope. Leaving the scope before the commit
 * discards everything, whatever the cause; nothing is published by a finalizer. Retrying is the runner's, but for one
 * case: a value that the destination refuses is tried once more with the source's defensive rendering.
 */
import { Clock, DateTime, Effect, type Scope } from "effect"
import { DestinationError, type ExportError, SourceError } from "./errors.ts"
import * as Destination from "./Destination.ts"
import * as Encoding from "./Encoding.ts"
import * as FieldType from "./FieldType.ts"
import * as Model from "./Model.ts"
import { addStored, addTally, emptyStored, emptyTally, type Mode, type Run, type Stored, type Tally } from "./Run.ts"
import type * as Source from "./Source.ts"
import * as Window from "./Window.ts"

export interface Request {
  readonly source: Source.Opened
  readonly destination: Destination.Configured
  readonly run: { readonly id: string; readonly export: string; readonly window: Window.Window; readonly mode: Mode }
  /** Called with the bytes sent so far in this attempt. Must be quick and must not throw. */
  readonly onProgress?: (progress: { readonly window: Window.Window; readonly bytes: number }) => void
}

export type Outcome =
  | { readonly _tag: "AlreadyExported"; readonly notices: ReadonlyArray<string> }
  | {
      readonly _tag: "Exported"
      readonly windows: ReadonlyArray<Window.Window>
      readonly sent: Tally
      readonly stored: Stored
      readonly bytes: number
      readonly encoding: Encoding.EncodingName
      readonly leftOut: ReadonlyArray<string>
      readonly committedAt: DateTime.Utc
      readonly timings: Timings
      readonly notices: ReadonlyArray<string>
    }

/** Milliseconds spent opening the target, moving bytes, and committing. */
export interface Timings {
  readonly open: number
  readonly transfer: number
  readonly commit: number
}

/** Makes the contract's `Run` out of what was asked for and what the source offers. */
export const makeRun = (request: Pick<Request, "source" | "run">, defensive = false): Run => ({
  ...request.run,
  defensive,
  model: request.source.model,
  definition: request.source.definition,
  offers: request.source.encodings,
  ...(request.source.endless === undefined ? {} : { endless: request.source.endless }),
})

/** Fails, before anything is touched, where the destination's capabilities do not cover the run. */
export const refuse = (run: Run, plugin: Destination.Plugin): Effect.Effect<void, DestinationError> => {
  const { capabilities } = plugin
  const unsupported = (message: string, remedy: string) =>
    Effect.fail(new DestinationError({ reason: "Unsupported", message, remedy }))
  const unsound = Model.problems(run.model)
  if (unsound.length > 0) {
    return Effect.fail(
      new DestinationError({
        reason: "Misuse",
        message: `model "${run.model.name}" is not sound: ${unsound.join("; ")}`,
        remedy: "Report this to the author of the source.",
      }),
    )
  }
  const { identity } = run.model
  if (!capabilities.identities.includes(identity._tag)) {
    return unsupported(
      `${plugin.title} takes ${capabilities.identities.join(" and ").toLowerCase()} models; "${run.model.name}" is ${identity._tag.toLowerCase()}`,
      "Choose another model or another destination.",
    )
  }
  if (!capabilities.modes.includes(run.mode)) {
    return unsupported(
      `${plugin.title} cannot run in mode "${run.mode}"`,
      `Use one of: ${capabilities.modes.join(", ")}.`,
    )
  }
  if (Encoding.choose(capabilities.encodings, run.offers) === undefined) {
    return unsupported(
      `${plugin.title} takes ${capabilities.encodings.join(", ")}; the source writes ${run.offers.join(", ")}`,
      "Choose a source and a destination that share an encoding.",
    )
  }
  const foreign = run.model.schema.fields.find(
    (field) => !tagsOf(field.type).every((tag) => capabilities.types.includes(tag)),
  )
  return foreign === undefined
    ? Effect.void
    : unsupported(
        `${plugin.title} has no place for ${FieldType.format(foreign.type)}, the type of "${foreign.name}"`,
        "Leave the field out, or choose another destination.",
      )
}

const tagsOf = (type: FieldType.FieldType): ReadonlyArray<FieldType.Tag> =>
  type._tag === "List" ? [type._tag, ...tagsOf(type.of)] : [type._tag]

export const exportWindow: (request: Request) => Effect.Effect<Outcome, ExportError> = Effect.fn("exportWindow")(
  function* (request: Request) {
    yield* Effect.annotateCurrentSpan({
      export: request.run.export,
      run: request.run.id,
      window: Window.format(request.run.window),
    })
    return yield* attempt(request, false).pipe(
      // The source's fast checks let a few values through that only the destination can judge.
      Effect.catchIf(
        (error) => error.reason === "DataRejected",
        () => attempt(request, true),
      ),
    )
  },
)

const attempt = Effect.fnUntraced(function* (
  request: Request,
  defensive: boolean,
): Effect.fn.Return<Outcome, ExportError, Scope.Scope> {
  const run = makeRun(request, defensive)
  yield* refuse(run, request.destination.plugin)
  yield* closed(request.source, run.window)

  const started = yield* Clock.currentTimeMillis
  const sink = yield* request.destination.open(run).pipe(Effect.withSpan("open"))
  if (sink.missing.length === 0) return { _tag: "AlreadyExported", notices: sink.notices }
  const opened = yield* Clock.currentTimeMillis

  let sent = emptyTally
  let stored = emptyStored
  let bytes = 0
  for (const window of sink.missing) {
    const report = (size: number) => {
      bytes += size
      request.onProgress?.({ window, bytes })
    }
    const part = yield* transfer({ source: request.source, sink, run, window, report }).pipe(
      Effect.withSpan("transfer"),
    )
    sent = addTally(sent, part.sent)
    stored = addStored(stored, part.stored)
  }
  const transferred = yield* Clock.currentTimeMillis

  const receipt = yield* sink.commit(sent).pipe(Effect.withSpan("commit"))
  const committed = yield* Clock.currentTimeMillis
  return {
    _tag: "Exported",
    windows: sink.missing,
    sent,
    stored: receipt.stored,
    bytes,
    encoding: sink.projection.encoding,
    leftOut: sink.projection.leftOut,
    committedAt: receipt.committedAt,
    timings: { open: opened - started, transfer: transferred - opened, commit: committed - transferred },
    notices: defensive
      ? [...sink.notices, "The destination refused a value; doubtful values were sent in their safest form."]
      : sink.notices,
  }
}, Effect.scoped)

/** Fails for a window that is still open: it would be exported short, and then never again. */
export const closed = Effect.fnUntraced(function* (source: Source.Opened, window: Window.Window) {
  // By both: a watermark may run ahead of the clock. At once, since each may be a request to a server.
  const [now, watermark] = yield* Effect.all([source.now, source.watermark ?? Effect.undefined], { concurrency: 2 })
  if (DateTime.isGreaterThan(window.end, now)) {
    return yield* new SourceError({
      reason: "WindowOpen",
      message: `window ${Window.format(window)} ends in the future: the source's clock says ${DateTime.formatIso(now)}`,
      remedy: "Choose a window that has ended, or wait until it has.",
    })
  }
  if (watermark !== undefined && DateTime.isGreaterThan(window.end, watermark)) {
    return yield* new SourceError({
      reason: "WindowOpen",
      message: `window ${Window.format(window)} may still get records: the source is complete up to ${DateTime.formatIso(watermark)}`,
      remedy: "Wait until what is being written has arrived, then export the window again.",
    })
  }
})

const transfer = Effect.fnUntraced(function* (options: {
  readonly source: Source.Opened
  readonly sink: Destination.Sink
  readonly run: Run
  readonly window: Window.Window
  readonly report: (bytes: number) => void
}) {
  const { run, sink, source, window } = options
  const reading = yield* source.read({ run, projection: sink.projection, window })
  const stored = yield* sink.write({ window, bytes: metered(reading.bytes, options.report) }).pipe(
    // A destination sees the source's failure as a broken stream; the cause is what the operator needs.
    Effect.mapError((error): ExportError => reading.failure() ?? error),
  )
  const sent = yield* reading.tally
  if (sent.rows !== stored.received) {
    const more = sent.rows > stored.received ? "the source sent more" : "the destination counted more"
    return yield* new DestinationError({
      reason: "CountMismatch",
      message: `window ${Window.format(window)}: the source announced ${sent.rows} records, the destination took in ${stored.received} (${more})`,
      remedy: "Nothing was published. A trigger or a rule on the target that drops records would explain fewer.",
    })
  }
  return { sent, stored }
}, Effect.scoped)

const metered = async function* (bytes: AsyncIterable<Uint8Array>, report: (size: number) => void) {
  for await (const chunk of bytes) {
    report(chunk.length)
    yield chunk
  }
}
