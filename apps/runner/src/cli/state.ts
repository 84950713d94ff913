/** Commands that speak to the state of runners, whether any is running or not. */
import { Console, Effect, PlatformError, type Redacted } from "effect"
import { Migrator, type SqlClient, SqlError } from "effect/sql"
import { stateOf } from "../config/stateOf.ts"
import { DataFolderInUse } from "../store/lock.ts"
import * as Place from "../store/Place.ts"
import { explained } from "../store/postgresError.ts"
import { StateUnusable } from "../store/StateUnusable.ts"
import * as State from "../store/State.ts"
import { type CommandFailed, failed, reported, usage } from "./failure.ts"
import type { Asked } from "./flags.ts"

const ofUrl = (by: string, url: Redacted.Redacted, json: boolean) =>
  Effect.fromResult(Place.parse(url)).pipe(Effect.catch((problem) => usage(`${by}: ${problem}`, json)))

/** The place that is meant: as said, failing that as the configuration says, failing that the usual folder. */
export const placeOf = ({ config = "batch-exports.yaml", data, json = false }: Asked) => {
  if (data._tag === "Url") return ofUrl(data.by, data.url, json)
  if (data._tag === "Folder") return Effect.succeed(Place.folder(data.folder))
  return Effect.gen(function* () {
    const configured = yield* stateOf(config).pipe(Effect.catch((error) => reported(error, json)))
    return configured ?? Place.folder(Place.defaultFolder)
  })
}

/** Runs a command on the state; without one, says how to get one. */
export const withState =
  (asked: Asked) =>
  <A, R>(command: Effect.Effect<A, CommandFailed | SqlError.SqlError, R | SqlClient.SqlClient>) =>
    Effect.gen(function* () {
      const { json } = asked
      const place = yield* placeOf(asked)
      return yield* Effect.gen(function* () {
        if (place._tag === "Folder" && !(yield* State.exists(place))) {
          return yield* usage(
            `there is no runner's state in ${place.folder}. Start a runner (batch-exports start), or name its folder with --data.`,
            json,
          )
        }
        return yield* command.pipe(Effect.provide(State.shared(place)))
      }).pipe(unusableState(place, json))
    })

type Unusable =
  | SqlError.SqlError
  | Migrator.MigrationError
  | PlatformError.PlatformError
  | DataFolderInUse
  | StateUnusable

/** Says what to do about a state that cannot be used. */
export const unusableState =
  (place: Place.Place, json = false) =>
  <A, E, R>(command: Effect.Effect<A, E | Unusable, R>) =>
    Effect.catch(command, (error): Effect.Effect<never, CommandFailed | Exclude<E, Unusable>> => {
      if (error instanceof StateUnusable) return failed(error.message, error.remedy, json)
      if (error instanceof DataFolderInUse) {
        const remedy =
          "Stop it, or name another folder with --data. Two runners share work on one Postgres only: see --state."
        return failed(error.message, remedy, json)
      }
      if (error instanceof PlatformError.PlatformError) {
        return failed(
          `${Place.describe(place)} cannot be made`,
          "Name a folder that you may write to with --data.",
          json,
        )
      }
      if (!(error instanceof SqlError.SqlError || error instanceof Migrator.MigrationError)) {
        return Effect.fail(error as Exclude<E, Unusable>)
      }
      if (place._tag === "Folder") {
        const remedy = "Look at the disk, and at who owns the files."
        return failed(`the state in ${place.folder} cannot be used: ${error.message}`, remedy, json)
      }
      const { message, remedy } =
        error instanceof SqlError.SqlError
          ? explained(error, place.connection)
          : { message: error.message, remedy: "Look at that database, and at whether it can be reached from here." }
      return failed(`the state on ${Place.describe(place)} cannot be used: ${message}`, remedy, json)
    })

/** Whether a runner works on that state now. */
export const isRunning = (asked: Asked) =>
  Effect.gen(function* () {
    const place = yield* placeOf(asked)
    return (yield* State.exists(place).pipe(Effect.orElseSucceed(() => false))) && (yield* State.isRunning(place))
  })

/** What was asked for waits until a runner is there. */
export const remindOfRunner = (asked: Asked) =>
  Effect.gen(function* () {
    if (!(yield* isRunning({ ...asked, json: false }))) {
      yield* Console.error("The runner is not running: this happens when it is started (batch-exports start).")
    }
  })
