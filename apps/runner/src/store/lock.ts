/**
 * One runner for each data folder. The lock is SQLite's own on a file beside the state: the system lets go of it however the
 * process ends, so no lock is ever left behind, and no process id has to be believed.
 */
import { Effect, Schema, type Scope } from "effect"
import { DatabaseSync } from "node:sqlite"

export class DataFolderInUse extends Schema.TaggedError<DataFolderInUse>()("DataFolderInUse", {
  folder: Schema.String,
}) {
  override get message(): string {
    return `another runner is using ${this.folder}`
  }
}

const take = (file: string): DatabaseSync | undefined => {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec("BEGIN EXCLUSIVE")
    return database
  } catch {
    database.close()
    return undefined
  }
}

export const hold = (folder: string, file: string): Effect.Effect<void, DataFolderInUse, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const database = take(file)
      return database === undefined ? Effect.fail(new DataFolderInUse({ folder })) : Effect.succeed(database)
    }),
    (database) => Effect.sync(() => database.close()),
  )

/** Whether a runner holds the lock at this moment. */
export const isHeld = (file: string): Effect.Effect<boolean> =>
  Effect.sync(() => {
    const database = take(file)
    database?.close()
    return database === undefined
  })
