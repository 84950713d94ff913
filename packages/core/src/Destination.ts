/** The contract of a destination: a system that takes the bytes of a window in, all of them or none. */
import type { DateTime, Schema, Scope, Stream } from "effect"
import { Effect, Result } from "effect"
import type { Capabilities } from "./Capabilities.ts"
import type { CheckStep } from "./CheckStep.ts"
import { decodeConfig } from "./decodeConfig.ts"
import { type ConfigError, DestinationError } from "./errors.ts"
import type { Model } from "./Model.ts"
import type { Projection } from "./Projection.ts"
import type { Run, Stored, Tally } from "./Run.ts"
import type { Window } from "./Window.ts"

export { inOrder, type Steps } from "./inOrder.ts"

/**
 * The version of this contract. It rises when a plugin that was made for an older one could lose or double records, or no
 * longer runs; the runner refuses plugins of another version.
 */
export const contractVersion = 1

/** A kind of destination: one value. Nothing is registered by importing it. */
export interface Destination<Config> {
  readonly name: string
  readonly title: string
  readonly description: string
  /**
   * Annotations drive forms, docs and the CLI; secrets are `Redacted` and `writeOnly`.
   * `aside: true` on a key says that it never decides where secrets go, nor whom they are shown to: it may be changed over the API
   * beside a secret that is kept. Of every other key a change asks for the secrets again.
   */
  readonly Config: Schema.Codec<Config, unknown>
  readonly capabilities: Capabilities
  /** Keys of `Config` that a form asks for first, in this order; it offers the others as further settings. */
  readonly form?: ReadonlyArray<string>
  /** What a new target has for the fields of a model: its columns, in order. Pure, so that it can be shown before there is a connection. */
  readonly newTarget?: (model: Model) => ReadonlyArray<NewColumn>
  /** Steps in order; a failed step is the last. Leaves nothing behind. */
  readonly check: (config: Config, model: Model) => Stream.Stream<CheckStep>
  /** What `open` would do, and the projection that it would use. Touches nothing. */
  readonly plan: (config: Config, run: Run) => Effect.Effect<Plan, DestinationError>
  /** The committed windows of an export, in order of start. */
  readonly ledger: (config: Config, exportName: string) => Stream.Stream<LedgerRow, DestinationError>
  /**
   * Takes committed windows out of the ledger, so that they are exported again; the records stay. With `window`, those that
   * lie within it; one that lies partly outside is `Unsupported`, since it was exported as a whole. Answers with their number.
   */
  readonly forget?: (config: Config, exportName: string, window?: Window) => Effect.Effect<number, DestinationError>
  /** Says that the target, as it is now, holds what the ledger says: after a restore. Answers with the number of windows. */
  readonly accept?: (config: Config, exportName: string) => Effect.Effect<number, DestinationError>
  /**
   * Names the target and its ledger without looking at them, and without a secret. Configurations with different answers have
   * different ledgers, so what one holds says nothing about the other.
   */
  readonly place?: (config: Config) => string
  /** Opens the destination for one run. Closing the scope before `commit` discards everything. */
  readonly open: (config: Config, run: Run) => Effect.Effect<Sink, DestinationError, Scope.Scope>
}

export interface NewColumn {
  /** The field's name. */
  readonly field: string
  /** In the words of the destination: `VARCHAR(200)`. */
  readonly type: string
}

/** A destination opened for one run. Written `Destination.Sink`, never imported bare. */
export interface Sink {
  readonly projection: Projection
  /**
   * The run's window less what the ledger holds, in order of start; empty means already exported. Read at open and
   * claimed at the first byte, so a window lost to another run in between is a `ClaimLost`.
   */
  readonly missing: ReadonlyArray<Window>
  /** Things the user should know that stop nothing. */
  readonly notices: ReadonlyArray<string>
  /**
   * Takes in one of the `missing` windows; they come in order. Bytes arrive in arbitrary pieces. When the iteration
   * throws, the error is the source's: fail in any way, `exportWindow` reports the source's own error.
   */
  readonly write: (part: Part) => Effect.Effect<Stored, DestinationError>
  /** Publishes all parts and the ledger's record of them. Refuses, publishing nothing, when `sent` is not what arrived. */
  readonly commit: (sent: Tally) => Effect.Effect<Receipt, DestinationError>
}

export interface Part {
  readonly window: Window
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface Receipt {
  readonly stored: Stored
  readonly committedAt: DateTime.Utc
}

export interface LedgerRow {
  readonly export: string
  readonly window: Window
  readonly run: string
  readonly definition: string
  readonly rows: number
  readonly bytes: number
  readonly committedAt: DateTime.Utc
}

export interface Plan {
  readonly projection: Projection
  /** Where the records go, for people: `postgres://host:5432/db, table "public"."events"`. Holds no secret. */
  readonly target: string
  /** Statements that the first run would execute to create what is missing. */
  readonly create: ReadonlyArray<string>
  readonly missing: ReadonlyArray<Window>
  readonly notices: ReadonlyArray<string>
}

/** A destination with its configuration type closed over, so that registries need no `any`. */
export interface Plugin {
  /** The `contractVersion` that it was made with. */
  readonly contract: number
  readonly name: string
  readonly title: string
  readonly description: string
  readonly capabilities: Capabilities
  readonly Config: Schema.Top
  readonly form?: ReadonlyArray<string>
  readonly newTarget?: (model: Model) => ReadonlyArray<NewColumn>
  /** Decodes without I/O. The path says where in the user's file the value stands. */
  readonly configure: (config: unknown, path?: ReadonlyArray<string | number>) => Result.Result<Configured, ConfigError>
}

export interface Configured {
  readonly plugin: Plugin
  /** Undefined where the destination does not say. */
  readonly place: string | undefined
  readonly check: (model: Model) => Stream.Stream<CheckStep>
  readonly plan: (run: Run) => Effect.Effect<Plan, DestinationError>
  readonly ledger: (exportName: string) => Stream.Stream<LedgerRow, DestinationError>
  /** `Unsupported` where the destination has no such thing. */
  readonly forget: (exportName: string, window?: Window) => Effect.Effect<number, DestinationError>
  /** `Unsupported` where the destination has no such thing. */
  readonly accept: (exportName: string) => Effect.Effect<number, DestinationError>
  readonly open: (run: Run) => Effect.Effect<Sink, DestinationError, Scope.Scope>
}

export const define = <Config>(destination: Destination<Config>): Plugin => {
  const plugin: Plugin = {
    contract: contractVersion,
    name: destination.name,
    title: destination.title,
    description: destination.description,
    capabilities: destination.capabilities,
    Config: destination.Config,
    ...(destination.form === undefined ? {} : { form: destination.form }),
    ...(destination.newTarget === undefined ? {} : { newTarget: destination.newTarget }),
    configure: (value, path) =>
      Result.map(decodeConfig(destination.Config, value, path), (config) => ({
        plugin,
        place: destination.place?.(config),
        check: (model) => destination.check(config, model),
        plan: (run) => destination.plan(config, run),
        ledger: (exportName) => destination.ledger(config, exportName),
        forget: (exportName, window) =>
          destination.forget?.(config, exportName, window) ?? lacks(destination.title, "forget windows"),
        accept: (exportName) =>
          destination.accept?.(config, exportName) ?? lacks(destination.title, "accept another target"),
        open: (run) => destination.open(config, run),
      })),
  }
  return plugin
}

const lacks = (title: string, what: string): Effect.Effect<never, DestinationError> =>
  Effect.fail(
    new DestinationError({
      reason: "Unsupported",
      message: `${title} cannot ${what}`,
      remedy: "Give the export a new name: its ledger then begins anew.",
    }),
  )
