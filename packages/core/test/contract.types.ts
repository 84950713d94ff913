/**
 * What the compiler must refuse. It is compiled with the tests and never run; an expectation that no longer fails is itself an
 * error.
 */
import {
  type Capabilities,
  Destination,
  type DestinationError,
  FieldType,
  Framing,
  type Projection,
} from "@batch-exports/core"
import type { Effect, Redacted, Scope, Stream } from "effect"
import { Schema } from "effect"

const Config = Schema.Struct({ url: Schema.String, token: Schema.RedactedFromValue(Schema.String) })
type Config = typeof Config.Type

declare const base: Omit<Destination.Destination<Config>, "capabilities" | "open">
declare const capabilities: Capabilities.Capabilities
declare const open: Destination.Destination<Config>["open"]

export const plugin: Destination.Plugin = Destination.define<Config>({ ...base, capabilities, open })

// @ts-expect-error -- a plugin has its version from `define`
export const unversioned: Destination.Plugin = { ...base, capabilities, configure: plugin.configure }

// @ts-expect-error -- without capabilities there is nothing to test
Destination.define<Config>({ ...base, open })

// @ts-expect-error -- at least one encoding
export const mute: Capabilities.Capabilities = { ...capabilities, encodings: [] }

// @ts-expect-error -- every destination runs in mode "once"
export const never: Capabilities.Capabilities = { ...capabilities, modes: ["force"] }

export const both: Capabilities.Capabilities = {
  ...capabilities,
  // @ts-expect-error -- there is no half a ledger
  ledger: "sometimes",
}

// @ts-expect-error -- a column at least
export const empty: Projection.Projection = { encoding: "jsonl", columns: [], leftOut: [] }

declare const plain: (config: { readonly url: string; readonly token: string }) => ReturnType<typeof open>
// @ts-expect-error -- a secret stays redacted
Destination.define<Config>({ ...base, capabilities, open: plain })

declare const failing: () => Effect.Effect<Destination.Sink, Error, Scope.Scope>
// @ts-expect-error -- failures carry a reason
Destination.define<Config>({ ...base, capabilities, open: failing })

declare const needy: () => Effect.Effect<Destination.Sink, DestinationError, Scope.Scope | { readonly service: true }>
// @ts-expect-error -- what a destination needs, it provides itself
Destination.define<Config>({ ...base, capabilities, open: needy })

declare const checking: () => Stream.Stream<never, DestinationError>
// @ts-expect-error -- a check reports failures as steps
Destination.define<Config>({ ...base, capabilities, open, check: checking })

/** A new type of field fails to compile wherever it must be handled. */
export const handled = (type: FieldType.FieldType): string => {
  switch (type._tag) {
    case "Bool":
      return "bool"
    default:
      // @ts-expect-error -- the other types are not handled
      return type satisfies never
  }
}

declare const bytes: AsyncIterable<Uint8Array>
// @ts-expect-error -- memory has a bound
Framing.lines(bytes, { maxRows: 10 })

export const secret = (config: Config): Redacted.Redacted => config.token
