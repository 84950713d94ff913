/** A whole runner as one layer: state, engine, scheduling, word to people, health. */
import { Effect, Layer, References } from "effect"
import { FetchHttpClient } from "effect/http"
import type { Configuration } from "../config/Config.ts"
import * as Engine from "../engine/clusterEngine.ts"
import { Listening } from "../http/Listening.ts"
import type * as Server from "../http/server.ts"
import { Secrets } from "../store/Secrets.ts"
import type { Place } from "../store/Place.ts"
import * as State from "../store/State.ts"
import { Catalogue } from "./Catalogue.ts"
import { Definitions } from "./Definitions.ts"
import { Executions } from "./Executions.ts"
import { Executor } from "./Executor.ts"
import { Notifier } from "./Notifier.ts"
import { Outage } from "./Outage.ts"
import * as Scheduler from "./Scheduler.ts"
import { Self } from "./Self.ts"
import { Webhooks } from "./Webhooks.ts"

/** Works by another configuration from now on. Runs under way keep the one that they began with. */
export const replace = Effect.fn("replaceConfiguration")(function* (configuration: Configuration) {
  yield* (yield* Catalogue).replaceFile(configuration)
})

const engine = (place: Place) =>
  place._tag === "Folder" ? Engine.single : Layer.unwrap(Effect.map(Self, ({ id }) => Engine.shared(id)))

/** Large, and not needed where nothing is listened on. */
const server = (...address: Parameters<typeof Server.layer>) =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("../http/server.ts")),
      ({ layer }) => layer(...address),
    ),
  )

export const layer = (configuration: Configuration, place: Place) => {
  const { listen, token } = configuration.runner
  return Scheduler.layer.pipe(
    Layer.provideMerge(listen === undefined ? Layer.empty : server(listen, token)),
    Layer.provideMerge(engine(place)),
    Layer.provideMerge(Executor.layer),
    Layer.provideMerge(Notifier.layer),
    Layer.provideMerge(Webhooks.layer),
    Layer.provideMerge(Catalogue.layer(configuration)),
    Layer.provideMerge(Secrets.layer),
    Layer.provideMerge(
      Layer.mergeAll(Definitions.layer(configuration), Executions.layer, Self.layer(listen), Listening.layer),
    ),
    Layer.provideMerge(State.owned(place)),
    Layer.provideMerge(Outage.layer),
    Layer.provide(FetchHttpClient.layer),
    // Runs are traced. What goes round twice a second would bury them.
    Layer.provide(Layer.succeed(References.TracerEnabled, false)),
  )
}

/**
 * Lets the runs under way finish for `grace`, then rolls them back: they are begun again by the next process. Call it while
 * the layer is still there.
 */
export const stop = Effect.fn("stopRunner")(function* (grace: number) {
  const executions = yield* Executions
  yield* executions.close
  const running = yield* executions.count
  if (running === 0) return
  yield* Effect.logInfo(`stopping: ${running} under way may finish within ${Math.round(grace / 1000)} s`)
  yield* Effect.gen(function* () {
    while ((yield* executions.count) > 0) yield* Effect.sleep("50 millis")
  }).pipe(Effect.timeoutOption(grace))
  yield* executions.stop
  yield* Effect.gen(function* () {
    while ((yield* executions.count) > 0) yield* Effect.sleep("20 millis")
  }).pipe(Effect.timeoutOption("30 seconds"))
})
