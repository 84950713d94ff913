/** A process that copies without end, to be killed: says over IPC when many bytes are on their way. */
import { Effect } from "effect"
import { mergedPairs, pairRows, pairs } from "./model.ts"
import { configure, runOf } from "./run.ts"

const [id, settings, kind] = process.argv.slice(2)
const run = runOf({ id: id ?? "", model: kind === "merge" ? mergedPairs : pairs })

const endless = async function* () {
  for (let sent = 0; ; sent++) {
    yield Buffer.from(pairRows(10_000))
    if (sent === 1) process.send?.("copying")
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
