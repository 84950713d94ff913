/** Where a runner keeps its state: a folder with one SQLite file and its lock. */
import { Effect, FileSystem, Layer, Path, type PlatformError } from "effect"
import { hold, isHeld } from "./lock.ts"
import { migrate } from "./migrations.ts"
import * as Sqlite from "./sqlite.ts"

export const defaultFolder = ".batch-exports"

const database = (folder: string) => Effect.map(Path.Path, (path) => path.join(folder, "state.sqlite"))
const lockFile = (folder: string) => Effect.map(Path.Path, (path) => path.join(folder, "runner.lock"))

const migrated = (file: string) => Layer.effectDiscard(migrate).pipe(Layer.provideMerge(Sqlite.layer(file)))

/** Level by level: where a level cannot be made although its parent is there, as in /proc, Node's `recursive` tries for ever. */
const makeFolder: (
  folder: string,
) => Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem | Path.Path> = Effect.fnUntraced(function* (
  folder: string,
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (yield* fs.exists(folder)) {
    if ((yield* fs.stat(folder)).type === "Directory") return
  } else yield* makeFolder(path.dirname(path.resolve(folder)))
  yield* fs.makeDirectory(folder, { mode: 0o700 })
})

/** For the runner itself: makes the folder, and holds its lock until the scope closes. */
export const owned = (folder: string) =>
  Layer.unwrap(
    Effect.gen(function* () {
      // Errors of servers and names of tables are nobody else's business.
      yield* makeFolder(folder)
      yield* hold(folder, yield* lockFile(folder))
      return migrated(yield* database(folder))
    }),
  )

/** For commands beside a runner. */
export const shared = (folder: string) => Layer.unwrap(Effect.map(database(folder), migrated))

export const exists = (folder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* fs.exists(yield* database(folder))
  })

export const isRunning = (folder: string) => Effect.flatMap(lockFile(folder), isHeld)
