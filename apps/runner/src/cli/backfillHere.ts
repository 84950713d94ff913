/** Carries a backfill out in the command itself, where no runner is there to do it. Schedules have to wait for one. */
import { Console, Effect, Layer, References } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { Configuration } from "../config/Config.ts"
import * as Runner from "../runner/Runner.ts"
import { Work } from "../runner/Scheduler.ts"
import type { Place } from "../store/Place.ts"
import { follow } from "./backfillProgress.ts"
import type { CommandFailed } from "./failure.ts"

export const here = Effect.fnUntraced(function* (
  options: { readonly configuration: Configuration; readonly place: Place; readonly json: boolean },
  /** Answers the backfill's id. */
  backfill: Effect.Effect<string, CommandFailed | SqlError.SqlError, SqlClient.SqlClient>,
) {
  const { configuration, json, place } = options
  const { grace } = configuration.runner
  yield* Effect.gen(function* () {
    const id = yield* backfill
    yield* Console.error("No runner is running: this command does the work until it ends.")
    yield* follow(id, json, Effect.succeed(true)).pipe(
      Effect.onInterrupt(() =>
        Console.error(`It is not lost: batch-exports backfill resume ${id.slice(0, 8)} --wait, or batch-exports start`),
      ),
    )
  }).pipe(
    Effect.ensuring(Effect.suspend(() => Runner.stop(grace))),
    // A command listens on no port.
    Effect.provide(Runner.layer({ ...configuration, runner: { ...configuration.runner, listen: undefined } }, place)),
    Effect.provide(Layer.mergeAll(Work.layer("backfills"), Layer.succeed(References.MinimumLogLevel, "Warn"))),
  )
})
