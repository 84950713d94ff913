/** What a child process is told to do, and what it says back. */
import type { Model, Run } from "@batch-exports/core"

export interface Order {
  /** The module that exports the plugin, and the plugin's name. */
  readonly module: string
  readonly plugin: string
  readonly config: unknown
  readonly task: Task
}

export type Task =
  | {
      /** Exports, and holds or dies where it is told to. */
      readonly do: "export"
      readonly run: RunOrder
      /** Base64: what the source has for the window. */
      readonly bytes: string
      readonly rows: number
      readonly stop: Stop
    }
  | {
      /** Sends the same bytes over and over, says how much memory is in use, and breaks off. */
      readonly do: "flow"
      readonly run: RunOrder
      readonly bytes: string
      readonly times: number
    }
  /** Decodes the configuration, and counts what that did to the world. */
  | { readonly do: "configure" }

export type Stop =
  /** After so many bytes it says `held`, and waits to be killed. */
  | { readonly at: "byte"; readonly byte: number }
  /** It kills itself right after this step of the commit. */
  | { readonly at: "commit"; readonly step: number }

export interface RunOrder {
  readonly run: Omit<Run.Run, "window" | "model">
  readonly model: Model.Model
  readonly window: readonly [start: number, end: number]
}

export type Said =
  | { readonly say: "held" }
  | { readonly say: "committed"; readonly steps: number }
  | { readonly say: "failed"; readonly message: string }
  | { readonly say: "memory"; readonly bytes: number }
  | { readonly say: "configured"; readonly steps: number }
