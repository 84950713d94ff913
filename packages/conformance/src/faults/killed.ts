/** Exports in a process that is killed with `kill -9` at a chosen point. */
import { Effect } from "effect"
import type { Bench, World } from "../Bench.ts"
import type { Broken } from "../Broken.ts"
import { type Export, runOf } from "../drive/exported.ts"
import * as expect from "../expect.ts"
import type { RunOrder, Stop } from "./Order.ts"
import { type Ended, spawn } from "./spawn.ts"

/** The bytes are rendered here: encoders of a harness stay in this process. */
export const killed = Effect.fnUntraced(function* (
  bench: Bench,
  world: World,
  wanted: Export,
  stop: (size: number) => Stop,
): Effect.fn.Return<Ended, Broken> {
  const { order, rendered } = yield* prepared(bench, world, wanted)
  return yield* spawn(
    {
      module: bench.harness.module,
      plugin: bench.plugin.name,
      config: world.target.config,
      task: {
        do: "export",
        run: order,
        bytes: Buffer.from(rendered.bytes).toString("base64"),
        rows: rendered.tally.rows,
        stop: stop(rendered.bytes.length),
      },
    },
    ({ say }) => say === "held",
  )
})

/** How much memory the process holds while the bytes of `wanted` flow through it `times` times. */
export const flowed = Effect.fnUntraced(function* (
  bench: Bench,
  world: World,
  wanted: Export,
  times: number,
): Effect.fn.Return<ReadonlyArray<number>, Broken> {
  const { order, rendered } = yield* prepared(bench, world, wanted)
  const { said } = yield* spawn(
    {
      module: bench.harness.module,
      plugin: bench.plugin.name,
      config: world.target.config,
      task: { do: "flow", run: order, bytes: Buffer.from(rendered.bytes).toString("base64"), times },
    },
    undefined,
    ["--expose-gc"],
  )
  return said.flatMap((one) => (one.say === "memory" ? [one.bytes] : []))
})

const prepared = (bench: Bench, world: World, wanted: Export) =>
  Effect.gen(function* () {
    const run = runOf(wanted)
    const { projection } = yield* expect.succeeds(
      world.destination.plan(run),
      "`plan` succeeds",
      "`plan` says what `open` would do and touches nothing; it must work whenever `open` does.",
    )
    const { model, window, ...rest } = run
    const order: RunOrder = {
      run: { ...rest, offers: [projection.encoding] },
      model,
      window: [window.start.epochMilliseconds, window.end.epochMilliseconds],
    }
    return { order, rendered: bench.render(projection, wanted.rows(window)) }
  })
