/** A destination with one defect, and the laws that must notice it. A law that lets its saboteur pass proves nothing. */
import type { Destination, Run } from "@batch-exports/core"
import { Effect, Result } from "effect"
import type { Failures } from "../Harness.ts"
import type { Parts } from "../memory/Parts.ts"

export interface Saboteur {
  readonly name: string
  /** Completes "a destination that …". */
  readonly does: string
  /** The laws that it breaks; it keeps every other. The first is the one that it was made for. */
  readonly breaks: readonly [string, ...Array<string>]
  /** Without it, the defect is none: a destination without a server has no connection to lose, and no password to print. */
  readonly needs?: "network" | "tabular"
  /** Over any destination. */
  readonly wrap?: (plugin: Destination.Plugin) => Destination.Plugin
  /** Over the understanding of errors that the harness shows. */
  readonly classify?: (classify: Failures["classify"]) => Failures["classify"]
  /** Over the reference destination alone. */
  readonly parts?: Partial<Parts>
}

/** The plugin with its configured form changed. */
export const configured =
  (change: (inner: Destination.Configured, config: unknown) => Partial<Destination.Configured>) =>
  (plugin: Destination.Plugin): Destination.Plugin => ({
    ...plugin,
    configure: (config, path) =>
      Result.map(plugin.configure(config, path), (inner) => ({ ...inner, ...change(inner, config) })),
  })

/** The plugin with each of its sinks changed. */
export const sinks = (change: (sink: Destination.Sink, run: Run.Run) => Partial<Destination.Sink>) =>
  configured((inner) => ({
    open: (run) => Effect.map(inner.open(run), (sink) => ({ ...sink, ...change(sink, run) })),
  }))

/** The plugin with the bytes of each window changed. */
export const streams = (change: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) =>
  sinks((sink) => ({ write: (part) => sink.write({ ...part, bytes: change(part.bytes) }) }))
