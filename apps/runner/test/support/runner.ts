/** A runner inside the test, on a state folder of its own. */
import { NodeServices } from "@effect/platform-node"
import { hasPgBouncer, pgBouncer } from "@batch-exports/dev-services"
import { builtIn, decodeText } from "batch-exports"
import { Effect, Layer, Logger, Option, Redacted, Result } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import type { Configuration } from "../../src/config/Config.ts"
import * as Runner from "../../src/runner/Runner.ts"
import { isFinished, type Run } from "../../src/store/Run.ts"
import * as Place from "../../src/store/Place.ts"
import * as Runs from "../../src/store/Runs.ts"
import { World } from "./World.ts"

export const configuration = (file: string, env: Readonly<Record<string, string | undefined>>): Configuration => {
  const decoded = decodeText(file, readFileSync(file, "utf8"), builtIn, {
    env: (name) => env[name],
    file: () => undefined,
  })
  if (decoded._tag === "Failure") throw decoded.failure
  return decoded.success
}

/** Set STATE=postgres to have the tests of runners keep their state there: a schema in place of each folder. */
const placeOf = (place: string | Place.Place) =>
  Effect.gen(function* () {
    if (typeof place !== "string") return place
    if (process.env["STATE"] !== "postgres") return Place.folder(place)
    const { server } = Option.getOrThrow(yield* Effect.serviceOption(World))
    return postgresPlace(server, `state_${basename(place).replaceAll("-", "_")}`)
  })

/** A schema of its own on a server. */
export const postgresPlace = (server: { readonly url: string }, schema: string): Place.Postgres =>
  Result.getOrThrow(Place.parse(Redacted.make(`${server.url}${server.url.includes("?") ? "&" : "?"}schema=${schema}`)))

/** The same through a pooler in transaction mode, where this machine has one. */
export const pooledPlace = Effect.fnUntraced(function* (
  server: Parameters<typeof pgBouncer>[0]["server"] & { readonly url: string },
  schema: string,
) {
  if (!hasPgBouncer()) return postgresPlace(server, schema)
  // Two sessions for all: a statement that needs what another one left in its session would not find it.
  const { host, port } = yield* pgBouncer({ server, tls: false, poolSize: 2 })
  const login = `${server.user}:${encodeURIComponent(server.password)}`
  return postgresPlace({ url: `postgres://${login}@${host}:${port}/${server.database}?sslmode=disable` }, schema)
})

/** Runs `body` beside the runner, which stops, rolling back what is under way, when it is done. */
export const withRunner =
  (settings: Configuration, place: string | Place.Place) =>
  <A, E, R>(body: Effect.Effect<A, E, R>) =>
    body.pipe(
      Effect.ensuring(Runner.stop(0)),
      Effect.provide(Layer.unwrap(Effect.map(placeOf(place), (where) => Runner.layer(settings, where)))),
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
