/** Commands that speak to the state database of a runner, whether it is running or not. */
import { Console, Effect, PlatformError } from "effect"
import { Migrator, type SqlClient, SqlError } from "effect/sql"
import { DataFolderInUse } from "../store/lock.ts"
import * as State from "../store/State.ts"
import { type CommandFailed, failed, usage } from "./failure.ts"

/** Runs a command on the state in `folder`; without one, says how to get one. */
export const withState =
  (folder: string, json: boolean) =>
  <A, R>(command: Effect.Effect<A, CommandFailed | SqlError.SqlError, R | SqlClient.SqlClient>) =>
    Effect.gen(function* () {
      if (!(yield* State.exists(folder))) {
        return yield* usage(
          `there is no runner's state in ${folder}. Start a runner (batch-exports start), or name its folder with --data.`,
          json,
        )
      }
      return yield* command.pipe(Effect.provide(State.shared(folder)))
    }).pipe(unusableState(folder, json))

type Unusable = SqlError.SqlError | Migrator.MigrationError | PlatformError.PlatformError | DataFolderInUse

export const unusableState =
  (folder: string, json = false) =>
  <A, E, R>(command: Effect.Effect<A, E | Unusable, R>) =>
    Effect.catch(command, (error): Effect.Effect<never, CommandFailed | Exclude<E, Unusable>> => {
      if (error instanceof DataFolderInUse) {
        const todo = "Stop it, or name another folder with --data. Two runners share work on one Postgres only."
        return failed(error.message, todo, json)
      }
      if (error instanceof PlatformError.PlatformError) {
        return failed(`${folder} cannot be made`, "Name a folder that you may write to with --data.", json)
      }
      return error instanceof SqlError.SqlError || error instanceof Migrator.MigrationError
        ? failed(
            `the state in ${folder} cannot be used: ${error.message}`,
            "Look at the disk, and at who owns the files.",
            json,
          )
        : Effect.fail(error as Exclude<E, Unusable>)
    })

/** What was asked for waits until a runner is there. */
export const remindOfRunner = (folder: string) =>
  Effect.gen(function* () {
    if (!(yield* State.isRunning(folder))) {
      yield* Console.error("The runner is not running: this happens when it is started (batch-exports start).")
    }
  })
