/** The contract of a source: a system that renders the records of a window as bytes a destination ingests. */
import type { DateTime, Effect, Result, Schema, Scope, Stream } from "effect"
import type { CheckStep } from "./CheckStep.ts"
import { decodeBoth, decodeConfig } from "./decodeConfig.ts"
import type { EncodingName } from "./Encoding.ts"
import type { ConfigError, SourceError } from "./errors.ts"
import type { Model } from "./Model.ts"
import type { Projection } from "./Projection.ts"
import type { Run, Tally } from "./Run.ts"
import type { Window } from "./Window.ts"

/** A kind of source: one value. Nothing is registered by importing it. */
export interface Source<Config, Selection> {
  readonly name: string
  readonly title: string
  readonly description: string
  /**
   * How to reach the system. Annotations drive docs and forms; secrets are `Redacted` and `writeOnly`.
   * `aside: true` on a key says that it never decides where secrets go, nor whom they are shown to: it may be changed over the API
   * beside a secret that is kept. Of every other key a change asks for the secrets again.
   */
  readonly Config: Schema.Codec<Config, unknown>
  /** What an export's `model:` block may say: which model, and what of it. */
  readonly Selection: Schema.Codec<Selection, unknown>
  readonly encodings: readonly [EncodingName, ...Array<EncodingName>]
  /** Steps in order; a failed step is the last. Leaves nothing behind. */
  readonly check: (config: Config, selection: Selection) => Stream.Stream<CheckStep>
  /** Connects, and finds out what the selected records look like. Closing the scope lets go of everything. */
  readonly open: (config: Config, selection: Selection) => Effect.Effect<Opened, SourceError, Scope.Scope>
}

export interface Opened {
  readonly encodings: readonly [EncodingName, ...Array<EncodingName>]
  readonly model: Model
  /** A hash of the model, its filters and its columns. Not of where the source is, nor of any secret. */
  readonly definition: string
  /** The source's own clock, against which windows are closed. */
  readonly now: Effect.Effect<DateTime.Utc, SourceError>
  /**
   * Everything that was ingested before this instant can be read; a window that ends later is still open. Without it, `now`.
   * It may run ahead of `now`: a window has ended when it has by both.
   * Rows that carry an earlier time and become visible later are lost to an append.
   */
  readonly watermark?: Effect.Effect<DateTime.Utc, SourceError>
  /**
   * True: a window's records are those that changed since its start, however late they changed last, or simply all. Those of later
   * windows are among them, and a second count of the same window differs as soon as something changes.
   */
  readonly endless?: boolean
  /** How many records a run of the window would send now. Exact, and as dear as reading them without their contents. */
  readonly count?: (window: Window) => Effect.Effect<number, SourceError>
  /** About how much a run of the window would send. Cheap: copies of one record, and filters, may not count. */
  readonly estimate?: (window: Window) => Effect.Effect<Estimate, SourceError>
  /**
   * The window in parts of at most about `most`, in order and without gaps. A millisecond is never divided, however much is in
   * it. One part where nothing is too large, and where what a window holds does not simply add up: aggregates, changing records.
   */
  readonly cut?: (window: Window, most: Estimate) => Effect.Effect<ReadonlyArray<Cut>, SourceError>
  /** When the first record in the window arrived, to the millisecond before; undefined when there is none. */
  readonly earliest?: (window: Window) => Effect.Effect<DateTime.Utc | undefined, SourceError>
  /** Starts one query for one window. Closing the scope stops it on the server too. */
  readonly read: (request: {
    readonly run: Run
    readonly projection: Projection
    readonly window: Window
  }) => Effect.Effect<Reading, SourceError, Scope.Scope>
}

/** About how much a window holds; bytes as the source keeps them, before they are encoded. */
export interface Estimate {
  readonly rows: number
  readonly bytes: number
}

/** A part of a window, and about how much is in it; undefined where nobody looked, since it cannot be cut anyway. */
export interface Cut {
  readonly window: Window
  readonly holds: Estimate | undefined
}

/**
 * The bytes of one window. Iteration is pull-based, so a slow destination slows the query. It ends only when the
 * answer is proven whole; otherwise it throws, and then `failure` says why.
 */
export interface Reading {
  readonly bytes: AsyncIterable<Uint8Array>
  /** The reason that iteration ended early, once it has. */
  readonly failure: () => SourceError | undefined
  /** What this very execution of the query announced. Fails unless `bytes` was read to its end. */
  readonly tally: Effect.Effect<Tally, SourceError>
}

/** A source with its configuration type closed over, so that registries need no `any`. */
export interface Plugin {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly encodings: readonly [EncodingName, ...Array<EncodingName>]
  readonly Config: Schema.Top
  readonly Selection: Schema.Top
  /** Decodes without I/O. The paths say where in the user's file the two values stand. */
  readonly configure: (
    config: { readonly value: unknown; readonly path?: ReadonlyArray<string | number> },
    selection: { readonly value: unknown; readonly path?: ReadonlyArray<string | number> },
  ) => Result.Result<Configured, ConfigError>
}

export interface Configured {
  readonly plugin: Plugin
  readonly check: Stream.Stream<CheckStep>
  readonly open: Effect.Effect<Opened, SourceError, Scope.Scope>
}

export const define = <Config, Selection>(source: Source<Config, Selection>): Plugin => {
  const plugin: Plugin = {
    name: source.name,
    title: source.title,
    description: source.description,
    encodings: source.encodings,
    Config: source.Config,
    Selection: source.Selection,
    configure: (config, selection) =>
      decodeBoth(
        decodeConfig(source.Config, config.value, config.path),
        decodeConfig(source.Selection, selection.value, selection.path),
        (decoded, selected) => ({
          plugin,
          check: source.check(decoded, selected),
          open: source.open(decoded, selected),
        }),
      ),
  }
  return plugin
}
