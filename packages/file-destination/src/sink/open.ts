/** Opens the folder for one run. */
import { Destination, type DestinationError, Run } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import type { Config } from "../Config.ts"
import * as Manifest from "../manifest/Manifest.ts"
import { folder } from "../store/folder.ts"
import { commit } from "./commit.ts"
import { survey } from "./survey.ts"
import { write, type Written } from "./write.ts"

export const open = Effect.fn("open")(function* (
  config: Config,
  run: Run.Run,
): Effect.fn.Return<Destination.Sink, DestinationError, Scope.Scope> {
  const store = folder(config.folder)
  const seen = yield* survey(store, config, run)
  yield* store.sweep((exportName, draft) =>
    Effect.map(Manifest.read(store, exportName), ({ windows }) => {
      const own = windows.filter((window) => window.draft === draft)
      return { committed: own.length > 0, replaced: own.flatMap(({ replaced }) => replaced) }
    }),
  )
  const draft = yield* store.begin(run.export)
  const parts: Array<Written> = []
  return yield* Destination.inOrder({
    ...seen,
    write: (part) =>
      Effect.map(write({ config, run, draft, projection: seen.projection, part }), (written) => {
        parts.push(written)
        return { ...Run.emptyStored, received: written.rows, inserted: written.rows }
      }),
    commit: Effect.suspend(() => commit({ config, store, draft, run, parts })),
  })
})
