/**
 * What exactly-once delivery needs of a place that keeps objects by name: reading, and one write that succeeds only where
 * the name is free. A folder has it as `link(2)`, an object store as a conditional put.
 */
import type { DestinationError } from "@batch-exports/core"
import type { Effect, Scope } from "effect"
import type { Transform } from "node:stream"

export interface Store {
  /** For people. */
  readonly location: string
  /** The names in a folder; none where there is no such folder. */
  readonly list: (folder: string) => Effect.Effect<ReadonlyArray<string>, DestinationError>
  /** Undefined where there is none. */
  readonly get: (name: string) => Effect.Effect<Uint8Array | undefined, DestinationError>
  /** Removes objects that are no longer wanted, as far as that is possible. */
  readonly remove: (names: ReadonlyArray<string>) => Effect.Effect<void>
  /**
   * Starts an attempt. Closing the scope removes all that it wrote, published or not, unless its `putIfAbsent` succeeded or
   * nobody can say whether it did. Touches nothing before the first write.
   */
  readonly begin: (exportName: string) => Effect.Effect<Draft, never, Scope.Scope>
  /**
   * Removes what attempts that are no longer alive left behind. Once an attempt is being removed it can publish nothing
   * more, so `fate` is asked for then, and its answer stays true.
   */
  readonly sweep: (fate: FateOf) => Effect.Effect<void, DestinationError>
}

/** Of a draft: whether its files count, and which files they took the place of. */
export interface Fate {
  readonly committed: boolean
  readonly replaced: ReadonlyArray<string>
}

export type FateOf = (exportName: string, draft: string) => Effect.Effect<Fate, DestinationError>

export interface Draft {
  /** Unique among all attempts. */
  readonly id: string
  /** Writes a new object, durably and unseen. Resolves to its size as stored. Aborting leaves it to the scope's end. */
  readonly write: (name: string, content: Content, signal: AbortSignal) => Promise<number>
  /** Reads a part of an object that was written. Shorter where the object ends. */
  readonly read: (name: string, from: number, length: number) => Promise<Uint8Array>
  /** Gives the objects written so far their names. Readers do not look at them before an entry of the manifest says so. */
  readonly publish: Effect.Effect<void, DestinationError>
  /** The commit: durable, whole and seen at once when true; nothing has happened when false, since the name is taken. */
  readonly putIfAbsent: (name: string, bytes: Uint8Array) => Effect.Effect<boolean, DestinationError>
}

export interface Content {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly transform?: Transform
}
