/** The configuration that the runner works by, and its replacement while runs are under way. */
import { Context, Effect, Layer, Ref } from "effect"
import type { Configuration, Export } from "../config/Config.ts"
import * as Schedule from "../schedule/Schedule.ts"

export interface Definition {
  readonly export: Export
  readonly schedule: Schedule.Schedule | undefined
}

export interface Loaded {
  readonly definitions: ReadonlyMap<string, Definition>
  readonly runner: Configuration["runner"]
}

export const prepare = ({ exports, runner }: Pick<Configuration, "exports" | "runner">): Loaded => ({
  runner,
  definitions: new Map(
    Array.from(exports, ([name, definition]) => [
      name,
      {
        export: definition,
        schedule: definition.schedule === undefined ? undefined : Schedule.make(definition.schedule),
      },
    ]),
  ),
})

/** Runs keep the definition that they began with; everything else reads the current one. */
export class Definitions extends Context.Service<Definitions, Ref.Ref<Loaded>>()("batch-exports/Definitions") {
  static readonly layer = (configuration: Configuration) => Layer.effect(this, Ref.make(prepare(configuration)))
}

export const current = Effect.flatMap(Definitions, (definitions) => Ref.get(definitions))
