/** Where a runner keeps its state: a folder with one SQLite file and its lock. */
import { Effect, FileSystem, Layer, Path } from "effect"
import { hold, isHeld } from "./lock.ts"
import { migrate } from "./migrations.ts"
import * as Sqlite from "./sqlite.ts"

export const defaultFolder = ".batch-exports"

const database = (folder: string) => Effect.map(Path.Path, (path) => path.join(folder, "state.sqlite"))
const lockFile = (folder: string) => Effect.map(Path.Path, (path) => path.join(folder, "runner.lock"))

const migrated = (file: string) => Layer.effectDiscard(migrate).pipe(Layer.provideMerge(Sqlite.layer(file)))

/** For the runner itself: makes the folder, and holds its lock until the scope closes. */
export const owned = (folder: string) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      // Errors of servers and names of tables are nobody else's business.
      yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
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
