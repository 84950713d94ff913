/** A process that copies without end, to be killed: says over IPC when many bytes are on their way. */
import { Effect } from "effect"
import { pairRows } from "./model.ts"
import { configure, runOf } from "./run.ts"

const [id, settings] = process.argv.slice(2)
const run = runOf({ id: id ?? "" })

const endless = async function* () {
  for (let sent = 0; ; sent++) {
    yield Buffer.from(pairRows(10_000))
    if (sent === 20) process.send?.("copying")
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const sink = yield* configure(JSON.parse(settings ?? "{}")).open(run)
      yield* sink.write({ window: run.window, bytes: endless() })
    }),
  ),
)
