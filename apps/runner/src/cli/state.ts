/** Commands that speak to the state database of a runner, whether it is running or not. */
import { Console, Effect } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
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
    }).pipe(
      Effect.catchTag(["SqlError", "MigrationError", "PlatformError"], (error) =>
        failed(
          `the state in ${folder} cannot be used: ${error.message}`,
          "Look at the disk, and at who owns the files.",
          json,
        ),
      ),
    )

/** What was asked for waits until a runner is there. */
export const remindOfRunner = (folder: string) =>
  Effect.gen(function* () {
    if (!(yield* State.isRunning(folder))) {
      yield* Console.error("The runner is not running: this happens when it is started (batch-exports start).")
    }
  })
