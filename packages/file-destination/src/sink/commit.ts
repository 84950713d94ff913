/** Publishes the files of a run with one entry of the manifest, unless another run was there first. */
import { DestinationError, type Run, Window } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import type { Config } from "../Config.ts"
import * as Entry from "../manifest/Entry.ts"
import * as Manifest from "../manifest/Manifest.ts"
import type { Draft, Store } from "../store/Store.ts"
import type { Written } from "./write.ts"

export const commit = Effect.fn("commit")(function* (options: {
  readonly config: Config
  readonly store: Store
  readonly draft: Draft
  readonly run: Run.Run
  readonly parts: ReadonlyArray<Written>
}): Effect.fn.Return<DateTime.Utc, DestinationError> {
  const { config, draft, parts, run, store } = options
  const windows = parts.map(({ bytes, files, rows, window }) => ({
    start: window.start,
    end: window.end,
    run: run.id,
    draft: draft.id,
    model: run.model.name,
    definition: run.definition,
    encoding: config.format,
    compression: config.compression,
    rows,
    bytes,
    files,
  }))
  yield* draft.publish
  // Each round that is lost was won by another run, so the rounds come to an end.
  for (;;) {
    const manifest = yield* Manifest.read(store, run.export)
    yield* claim(manifest, run, parts)
    const committedAt = yield* DateTime.now
    const added = windows.map((window) => ({ ...window, replaced: Manifest.filesWithin(manifest, window) }))
    const entry = Manifest.next(manifest, added, committedAt)
    const won = yield* draft.putIfAbsent(Manifest.nameOf(run.export, entry.number), Entry.write(entry))
    if (!won) continue
    yield* store.remove(added.flatMap(({ replaced }) => replaced))
    return committedAt
  }
})

/** Fails where the windows are no longer there to be had. */
const claim = (
  manifest: Manifest.Manifest,
  run: Run.Run,
  parts: ReadonlyArray<Written>,
): Effect.Effect<void, DestinationError> => {
  if (run.mode === "force") return whole(manifest, run.window)
  const taken = parts.find(({ window }) => {
    const [gap, ...others] = Manifest.missing(manifest, window)
    return gap === undefined || others.length > 0 || !Window.equals(gap, window)
  })
  return taken === undefined
    ? Effect.void
    : Effect.fail(
        new DestinationError({
          reason: "ClaimLost",
          message: `another run committed window ${Window.format(taken.window)}, or a part of it, first`,
          remedy: "Nothing was published. The next attempt exports what is still missing.",
        }),
      )
}

/** A window can only be replaced with all of its records. */
export const whole = (manifest: Manifest.Manifest, window: Window.Window): Effect.Effect<void, DestinationError> => {
  const [first] = Manifest.straddling(manifest, window)
  return first === undefined
    ? Effect.void
    : Effect.fail(
        new DestinationError({
          reason: "Unsupported",
          message: `window ${Window.format(window)} holds only a part of the exported window ${Window.format(Entry.windowOf(first))}, and files are replaced by whole windows`,
          remedy: "Force a window that begins and ends where exported ones do.",
        }),
      )
}
