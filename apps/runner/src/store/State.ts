/** Where a runner keeps its state: a folder with one SQLite file and its lock, or a schema of a Postgres. */
import { Effect, FileSystem, Layer, Path, type PlatformError } from "effect"
import type { Migrator, SqlClient, SqlError } from "effect/sql"
import { type DataFolderInUse, hold, isHeld } from "./lock.ts"
import { migrate } from "./migrations.ts"
import type { Place } from "./Place.ts"
import { alive } from "./Runners.ts"
import type { StateUnusable } from "./StateUnusable.ts"
import * as Sqlite from "./sqlite.ts"

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
const ownedFolder = (folder: string) =>
  Layer.unwrap(
    Effect.gen(function* () {
      // Errors of servers and names of tables are nobody else's business.
      yield* makeFolder(folder)
      yield* hold(folder, yield* lockFile(folder))
      return migrated(yield* database(folder))
    }),
  )

/** Loaded where it is asked for: most commands need no driver. */
const onPostgres = Effect.promise(() => import("./shared.ts"))

/** For the runner itself. */
export const owned = (
  place: Place,
): Layer.Layer<SqlClient.SqlClient, Failure | DataFolderInUse, FileSystem.FileSystem | Path.Path> =>
  place._tag === "Folder"
    ? ownedFolder(place.folder)
    : Layer.unwrap(Effect.map(onPostgres, (shared) => shared.owned(place)))

type Failure = SqlError.SqlError | Migrator.MigrationError | StateUnusable | PlatformError.PlatformError

/** For commands beside a runner. */
export const shared = (place: Place): Layer.Layer<SqlClient.SqlClient, Failure, FileSystem.FileSystem | Path.Path> =>
  place._tag === "Folder"
    ? Layer.unwrap(Effect.map(database(place.folder), migrated))
    : Layer.unwrap(Effect.map(onPostgres, ({ opened }) => opened(place)))

/** Whether there is any; of a Postgres, opening it tells. */
export const exists = (place: Place) =>
  Effect.gen(function* () {
    if (place._tag === "Postgres") return true
    const fs = yield* FileSystem.FileSystem
    return yield* fs.exists(yield* database(place.folder))
  })

/** Whether a runner works on it now. Where that cannot be found out, it is not to be ruled out. */
export const isRunning = (place: Place) =>
  place._tag === "Folder"
    ? Effect.flatMap(lockFile(place.folder), isHeld)
    : Effect.map(alive, (runners) => runners.length > 0).pipe(
        Effect.provide(shared(place)),
        Effect.catch(() => Effect.succeed(true)),
      )
