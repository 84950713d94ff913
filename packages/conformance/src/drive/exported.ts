/** Exports as the runner does, through core's one attempt, with a source that has whatever a law wants it to have. */
import {
  type Encoding,
  type ExportError,
  ExportWindow,
  type Model,
  type Projection,
  type Run,
  type Source,
  SourceError,
  Window,
} from "@batch-exports/core"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Bench, World } from "../Bench.ts"
import { Broken } from "../Broken.ts"
import { NoForm, type Row, Unfit } from "../encoders/index.ts"
import * as Feed from "./Feed.ts"
import { hours, now, rowsOf, things } from "./things.ts"

export interface Export {
  readonly model: Model.Model
  readonly window: Window.Window
  /** What the source has for a window. */
  readonly rows: (window: Window.Window) => ReadonlyArray<Row>
  readonly mode: Run.Mode
  readonly export: string
  readonly id: string
  readonly definition: string
  readonly offers: readonly [Encoding.EncodingName, ...Array<Encoding.EncodingName>]
  readonly feed: Feed.Feed
  /** Added to the number of rows that the source announces. */
  readonly miscount: number
  readonly onRead: () => void
  /** Called with each window's records as they were sent, each value fitted to its column. */
  readonly onSent: (sent: ReadonlyArray<Row>, projection: Projection.Projection) => void
}

export const standard = (bench: Bench, changes: Partial<Export> = {}): Export => {
  const model = changes.model ?? things(bench.plugin.capabilities)
  return {
    model,
    window: hours(0, 1),
    rows: (window) => rowsOf(model, window),
    mode: "once",
    export: "an export",
    id: randomUUID(),
    definition: "definition 1",
    offers: bench.encodings,
    feed: Feed.whole,
    miscount: 0,
    onRead: () => {},
    onSent: () => {},
    ...changes,
  }
}

export const exported = (
  bench: Bench,
  world: Pick<World, "destination">,
  changes: Partial<Export> = {},
): Effect.Effect<ExportWindow.Outcome, ExportError> => {
  const wanted = standard(bench, changes)
  return ExportWindow.exportWindow({
    source: source(bench, wanted),
    destination: world.destination,
    run: { id: wanted.id, export: wanted.export, window: wanted.window, mode: wanted.mode },
  })
}

/** Again and again, as the runner's retry policy would, as long as the destination says that it may help. */
export const persistently = (
  bench: Bench,
  world: Pick<World, "destination">,
  changes: Partial<Export> = {},
  attempts = 20,
): Effect.Effect<ExportWindow.Outcome, Broken> =>
  exported(bench, world, changes).pipe(
    Effect.catch((error) =>
      error.recovery === "stop" || attempts === 1
        ? Effect.fail(
            new Broken({
              expected: "a later attempt completes the run",
              seen: `${error.reason} (${error.recovery}): ${error.message}`,
              advice:
                "Classify what passes by itself as `retry` or `reopen`, and leave nothing that stands in the next attempt's way.",
            }),
          )
        : Effect.andThen(Effect.sleep("20 millis"), persistently(bench, world, changes, attempts - 1)),
    ),
  )

export const runOf = (wanted: Export): Run.Run => ({
  id: wanted.id,
  export: wanted.export,
  model: wanted.model,
  definition: wanted.definition,
  window: wanted.window,
  mode: wanted.mode,
  defensive: false,
  offers: wanted.offers,
})

const source = (bench: Bench, wanted: Export): Source.Opened => ({
  encodings: wanted.offers,
  model: wanted.model,
  definition: wanted.definition,
  now: Effect.succeed(now),
  read: ({ projection, window }) =>
    Effect.gen(function* () {
      wanted.onRead()
      const { bytes, sent, tally } = yield* Effect.try({
        try: () => bench.render(projection, wanted.rows(window)),
        catch: refusal,
      })
      wanted.onSent(sent, projection)
      let ended = false
      let failure: SourceError | undefined
      return {
        bytes: (async function* () {
          try {
            yield* wanted.feed(bytes)
            ended = true
          } catch (cause) {
            failure = new SourceError({
              reason: "SourceIncomplete",
              message: cause instanceof Error ? cause.message : "the source broke off",
              remedy: "Try again.",
            })
            throw cause
          }
        })(),
        failure: () => failure,
        tally: Effect.suspend(() =>
          ended
            ? Effect.succeed({ ...tally, rows: tally.rows + wanted.miscount })
            : Effect.fail(
                new SourceError({
                  reason: "SourceIncomplete",
                  message: "the destination did not read the bytes to their end",
                  remedy: "Read the iteration until it is done.",
                }),
              ),
        ),
      }
    }),
})

/** What a source refuses before it sends anything. Whatever else is thrown is a defect of the suite. */
const refusal = (cause: unknown): SourceError => {
  if (!(cause instanceof NoForm || cause instanceof Unfit)) throw cause
  return new SourceError({
    reason: cause instanceof Unfit ? "ValueUnfit" : "Unsupported",
    message: cause.message,
    remedy: "Give the column a type that takes the field.",
  })
}
