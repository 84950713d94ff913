/** The program of the child process: loads the plugin as a runner would, and carries out one order. */
import type { Destination, Run } from "@batch-exports/core"
import module from "node:module"
import type { Order, RunOrder, Said, Task } from "./Order.ts"
import * as steps from "./steps.ts"

// Compiling is most of what a short life costs; a killed process would not write the cache by itself.
module.enableCompileCache()
// First: what the plugin imports must see the counted functions.
await steps.install()
const { Window } = await import("@batch-exports/core")
const { DateTime, Effect, Result } = await import("effect")

// Not as an argument: systems limit their length.
const order = await new Promise<Order>((resolve) => process.once("message", (message) => resolve(message as Order)))
const say = (said: Said) => new Promise<void>((resolve) => process.send?.(said, () => resolve()))
const forever = new Promise<never>(() => {})

const plugin = Object.values((await import(order.module)) as Record<string, unknown>).find(
  (value): value is Destination.Plugin =>
    typeof value === "object" &&
    value !== null &&
    "configure" in value &&
    "name" in value &&
    value.name === order.plugin,
)
module.flushCompileCache()
if (plugin === undefined) throw new Error(`${order.module} exports no plugin "${order.plugin}"`)

const runOf = ({ model, run, window: [start, end] }: RunOrder): Run.Run => ({
  ...run,
  model,
  window: new Window.Window({ start: DateTime.makeUnsafe(start), end: DateTime.makeUnsafe(end) }),
})

const exporting = ({ bytes, rows, run, stop }: Extract<Task, { do: "export" }>) =>
  Effect.gen(function* () {
    const wanted = runOf(run)
    const all = Buffer.from(bytes, "base64")
    const sink = yield* Result.getOrThrow(plugin.configure(order.config)).open(wanted)
    yield* sink.write({
      window: wanted.window,
      bytes: (async function* () {
        if (stop.at === "commit") return yield all
        if (stop.byte > 0) yield all.subarray(0, stop.byte)
        await say({ say: "held" })
        yield await forever
      })(),
    })
    if (stop.at === "commit") steps.count(stop.step)
    yield* sink.commit({ rows, adjusted: {} })
    yield* Effect.promise(() => say({ say: "committed", steps: steps.counted() }))
  })

const flowing = ({ bytes, run, times }: Extract<Task, { do: "flow" }>) =>
  Effect.gen(function* () {
    const wanted = runOf(run)
    const block = Buffer.from(bytes, "base64")
    const sink = yield* Result.getOrThrow(plugin.configure(order.config)).open(wanted)
    const flow = async function* () {
      for (let time = 0; time < times; time++) {
        // As many reports as fit in between; the first when the pipes are full.
        if (time % Math.ceil(times / 8) === 0) await say({ say: "memory", bytes: inUse() })
        yield Buffer.from(block)
      }
      await say({ say: "memory", bytes: inUse() })
      throw new Error("the source broke off")
    }
    yield* Effect.exit(sink.write({ window: wanted.window, bytes: flow() }))
  })

/** What this process holds on to, once what it has let go of is collected. */
const inUse = (): number => {
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  return external + heapUsed
}

try {
  switch (order.task.do) {
    case "export":
      await Effect.runPromise(Effect.scoped(exporting(order.task)))
      break
    case "flow":
      await Effect.runPromise(Effect.scoped(flowing(order.task)))
      break
    case "configure":
      steps.count()
      plugin.configure(order.config)
      await say({ say: "configured", steps: steps.counted() })
      break
    default:
      order.task satisfies never
  }
} catch (error) {
  await say({ say: "failed", message: String(error) })
}
process.disconnect()
process.exit(0)
