/** A whole runner as one layer: state, engine, scheduling, word to people, health. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Clock, Effect, Layer, Ref, References } from "effect"
import type { Configuration } from "../config/Config.ts"
import * as Engine from "../engine/clusterEngine.ts"
import * as Schedule from "../schedule/Schedule.ts"
import * as Exports from "../store/Exports.ts"
import * as State from "../store/State.ts"
import { Definitions, type Loaded, prepare } from "./Definitions.ts"
import { Executions } from "./Executions.ts"
import { Executor } from "./Executor.ts"
import * as Health from "./healthServer.ts"
import { Notifier } from "./Notifier.ts"
import * as Scheduler from "./Scheduler.ts"
import { Webhooks } from "./Webhooks.ts"

/** Makes the state database agree with the configuration. */
const sync = Effect.fnUntraced(function* (loaded: Loaded) {
  const now = yield* Clock.currentTimeMillis
  yield* Exports.sync(
    Array.from(loaded.definitions, ([name, { schedule }]) => ({
      name,
      schedule: schedule?.description ?? null,
      origin: schedule === undefined ? null : Schedule.origin(schedule, now),
    })),
  )
})

/** Works by another configuration from now on. Runs under way keep the one that they began with. */
export const replace = Effect.fn("replaceConfiguration")(function* (configuration: Configuration) {
  const loaded = prepare(configuration)
  yield* sync(loaded)
  yield* Ref.set(yield* Definitions, loaded)
})

const initial = Layer.effectDiscard(
  Effect.gen(function* () {
    yield* sync(yield* Ref.get(yield* Definitions))
  }),
)

export const layer = (configuration: Configuration, folder: string) => {
  const { listen } = configuration.runner
  return Scheduler.layer.pipe(
    Layer.provideMerge(listen === undefined ? Layer.empty : Health.layer(listen)),
    Layer.provideMerge(Engine.single),
    Layer.provideMerge(Executor.layer),
    Layer.provideMerge(Notifier.layer),
    Layer.provideMerge(Webhooks.layer),
    Layer.provideMerge(initial),
    Layer.provideMerge(Layer.mergeAll(Definitions.layer(configuration), Executions.layer, Scheduler.Pulse.layer)),
    Layer.provideMerge(State.owned(folder)),
    Layer.provide(NodeHttpClient.layerUndici),
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
