/**
 * One runner for each data folder. The lock is SQLite's own on a file beside the state: the system lets go of it however the
 * process ends, so no lock is ever left behind, and no process id has to be believed.
 */
import { Effect, Schema, type Scope } from "effect"
import type { SqlError } from "effect/sql"
import { existsSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { failed } from "./sqlite.ts"

export class DataFolderInUse extends Schema.TaggedError<DataFolderInUse>()("DataFolderInUse", {
  folder: Schema.String,
}) {
  override get message(): string {
    return `another runner is using ${this.folder}`
  }
}

/** `statement` in a transaction of its own; undefined when somebody's lock forbids it. Throws what else is wrong, as a full disk. */
const attempt = (file: string, timeout: number, statement: string): DatabaseSync | undefined => {
  const database = new DatabaseSync(file, { timeout })
  try {
    database.exec(statement)
    return database
  } catch (error) {
    database.close()
    if (isLocked(error)) return undefined
    throw error
  }
}

/** SQLITE_BUSY and SQLITE_LOCKED, with whatever they are about. */
const isLocked = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "errcode" in error && [5, 6].includes(Number(error.errcode) & 0xff)

/** A command that only looks is gone at once: it must not keep a runner from starting. */
const take = (file: string) => attempt(file, 1_000, "BEGIN EXCLUSIVE")

/** Reading shares the lock with others that look, so that they do not take each other for a runner. */
const look = (file: string) => attempt(file, 0, "BEGIN; SELECT COUNT(*) FROM sqlite_master")

export const hold = (
  folder: string,
  file: string,
): Effect.Effect<void, DataFolderInUse | SqlError.SqlError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(Effect.try({ try: () => take(file), catch: failed("open") }), (database) =>
      database === undefined ? Effect.fail(new DataFolderInUse({ folder })) : Effect.succeed(database),
    ),
    (database) => Effect.sync(() => database.close()),
  )

/** Whether a runner holds the lock at this moment. Where that cannot be found out, it is not to be ruled out. */
export const isHeld = (file: string): Effect.Effect<boolean> =>
  Effect.try(() => {
    if (!existsSync(file)) return false
    const database = look(file)
    database?.close()
    return database === undefined
  }).pipe(Effect.orElseSucceed(() => true))
