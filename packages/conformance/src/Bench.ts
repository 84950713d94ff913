/** What a law works with: the destination, fresh worlds for it, and the bytes that a source would send. */
import { ConfigError, type Destination, type Encoding, type Projection, type RecordSchema } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import { Broken } from "./Broken.ts"
import { type Encoder, encoders, render, type Rendered, type Row } from "./encoders/index.ts"
import type * as Harness from "./Harness.ts"
import type { Form } from "./Law.ts"

export interface Bench {
  readonly plugin: Destination.Plugin
  readonly harness: Harness.Shape
  /** Which form of the law is to be tested. */
  readonly form: Form["form"]
  /** For whatever is random; printed with a failure. */
  readonly seed: string
  /** A fresh target and the destination configured for it. */
  readonly fresh: Effect.Effect<World, Broken, Scope.Scope>
  /** The destination on another configuration of the same target. */
  readonly configure: (config: unknown) => Effect.Effect<Destination.Configured, Broken>
  /** Encodings that the destination takes here, and that the suite can write. */
  readonly encodings: readonly [Encoding.EncodingName, ...Array<Encoding.EncodingName>]
  /** What a source sends for a projection. Throws where a source would refuse: `NoForm`, `Unfit`. */
  readonly render: (projection: Projection.Projection, rows: Iterable<Row>) => Rendered
}

export interface World {
  readonly target: Harness.Target
  readonly destination: Destination.Configured
  readonly rows: (fields: ReadonlyArray<RecordSchema.Field>) => Effect.Effect<ReadonlyArray<Row>>
}

export const make = (options: {
  readonly plugin: Destination.Plugin
  readonly harness: Harness.Shape
  readonly form: Form["form"]
  readonly seed: string
}): Bench => {
  const { harness, plugin } = options
  const known: Readonly<Record<string, Encoder>> = { ...encoders, ...harness.encoders }
  const taken = harness.encodings ?? plugin.capabilities.encodings
  const [first, ...others] = plugin.capabilities.encodings.filter(
    (name) => known[name] !== undefined && taken.includes(name),
  )
  if (first === undefined) throw new Error(noEncoder(plugin))

  const configure = (config: unknown) =>
    Effect.mapError(
      Effect.fromResult(plugin.configure(config)),
      (error) =>
        new Broken({
          expected: "the harness's configuration decodes",
          seen: error instanceof ConfigError ? error.message : String(error),
          advice: "Give `Target.config` as a user would write it, or mend the destination's `Config`.",
        }),
    )

  return {
    ...options,
    configure,
    encodings: [first, ...others],
    render: (projection, rows) => {
      const encoder = known[projection.encoding]
      if (encoder === undefined) throw new Error(noEncoder(plugin))
      return render(encoder, projection, rows)
    },
    fresh: Effect.gen(function* () {
      const target = yield* harness.fresh
      return { target, destination: yield* configure(target.config), rows: target.rows }
    }),
  }
}

const noEncoder = (plugin: Destination.Plugin): string =>
  `nothing here can write ${plugin.capabilities.encodings.join(" or ")}: give the harness an encoder (Harness.encoders)`
