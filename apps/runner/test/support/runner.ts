/** A runner inside the test, on a state folder of its own. */
import { NodeServices } from "@effect/platform-node"
import { builtIn, decodeText } from "batch-exports"
import { Effect, Logger } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { readFileSync } from "node:fs"
import type { Configuration } from "../../src/config/Config.ts"
import * as Runner from "../../src/runner/Runner.ts"
import { isFinished, type Run } from "../../src/store/Run.ts"
import * as Runs from "../../src/store/Runs.ts"

export const configuration = (file: string, env: Readonly<Record<string, string | undefined>>): Configuration => {
  const decoded = decodeText(file, readFileSync(file, "utf8"), builtIn, {
    env: (name) => env[name],
    file: () => undefined,
  })
  if (decoded._tag === "Failure") throw decoded.failure
  return decoded.success
}

/** Runs `body` beside the runner, which stops, rolling back what is under way, when it is done. */
export const withRunner =
  (settings: Configuration, folder: string) =>
  <A, E, R>(body: Effect.Effect<A, E, R>) =>
    body.pipe(
      Effect.ensuring(Runner.stop(0)),
      Effect.provide(Runner.layer(settings, folder)),
      Effect.provide(Logger.layer([])),
      Effect.provide(NodeServices.layer),
    )

type Looking = Effect.Effect<ReadonlyArray<Run>, SqlError.SqlError, SqlClient.SqlClient>

/** Waits until the runs of an export are as they should be. */
export const runsUntil = (exportName: string, holds: (runs: ReadonlyArray<Run>) => boolean): Looking =>
  Effect.gen(function* () {
    for (;;) {
      const runs = (yield* Runs.list({ export: exportName, limit: 10_000 })).toReversed()
      if (holds(runs)) return runs
      yield* Effect.sleep("20 millis")
    }
  })

export const finishedRuns = (count: number) => (runs: ReadonlyArray<Run>) =>
  runs.length >= count && runs.every(({ state }) => isFinished(state))
