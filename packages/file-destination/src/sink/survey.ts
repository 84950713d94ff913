/** What a run would find: the projection, the windows that the manifest lacks, and what the user should know. */
import { DestinationError, Projection, type Run, type Window } from "@batch-exports/core"
import { Effect } from "effect"
import type { Config } from "../Config.ts"
import * as Manifest from "../manifest/Manifest.ts"
import type { Store } from "../store/Store.ts"
import { whole } from "./commit.ts"

export interface Survey {
  readonly projection: Projection.Projection
  readonly missing: ReadonlyArray<Window.Window>
  readonly notices: ReadonlyArray<string>
}

export const survey = Effect.fn("survey")(function* (
  store: Store,
  config: Config,
  run: Run.Run,
): Effect.fn.Return<Survey, DestinationError> {
  const projection = yield* project(config, run)
  const manifest = yield* Manifest.read(store, run.export)
  if (run.mode === "force") yield* whole(manifest, run.window)
  return {
    projection,
    missing: run.mode === "force" ? [run.window] : Manifest.missing(manifest, run.window),
    notices: notices(manifest, run),
  }
})

const project = (config: Config, run: Run.Run): Effect.Effect<Projection.Projection, DestinationError> => {
  const [first, ...others] = run.model.schema.fields.filter((field) => config.fields === "all" || field.created)
  const fail = (reason: "TargetIncompatible" | "Unsupported", message: string, remedy: string) =>
    Effect.fail(new DestinationError({ reason, message, remedy }))
  if (!run.offers.includes(config.format)) {
    return fail(
      "Unsupported",
      `files hold ${config.format}, which the source does not write`,
      `Choose another format, or another source. This one writes ${run.offers.join(", ")}.`,
    )
  }
  return first === undefined
    ? fail("TargetIncompatible", "the model gives new targets none of its fields", 'Set fields to "all".')
    : Effect.succeed({
        ...Projection.asIs(config.format, run.model, [first, ...others]),
        compression: config.compression,
      })
}

const notices = (manifest: Manifest.Manifest, run: Run.Run): ReadonlyArray<string> => {
  const others = manifest.windows.filter((window) => window.definition !== run.definition).length
  return others === 0
    ? []
    : [
        `The definition of the export changed: ${others} exported windows were made by another one. They are left as they are; mode "force" exports them again.`,
      ]
}
