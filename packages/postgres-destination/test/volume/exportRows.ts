/** A process of its own that exports many rows, and says over IPC how many bytes it sent and how much memory it took at most. */
import { DateTime, Effect } from "effect"
import { Window } from "@batch-exports/core"
import { personRow, pairs, persons } from "../support/model.ts"
import { configure, runOf } from "../support/run.ts"

const [settings = "{}", kind = "append", count = "0"] = process.argv.slice(2)
const rows = Number(count)
const start = DateTime.makeUnsafe("2026-02-01T00:00:00Z")
const run = runOf({
  export: `${kind} ${count}`,
  model: kind === "merge" ? persons : pairs,
  window: new Window.Window({ start, end: DateTime.add(start, { hours: 1 }) }),
})

let bytes = 0
const generate = async function* () {
  const batch = 1000
  for (let from = 0; from < rows; from += batch) {
    let text = ""
    for (let id = from; id < Math.min(from + batch, rows); id++) {
      text +=
        kind === "merge" ? personRow(`user ${id}`, "A", 1, 1) : `${id}\tthe note of ${id}, which is of some length\n`
    }
    bytes += text.length
    yield Buffer.from(text)
  }
}

const stored = await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const sink = yield* configure(JSON.parse(settings)).open(run)
      const written = yield* sink.write({ window: run.window, bytes: generate() })
      yield* sink.commit({ rows, adjusted: {} })
      return written
    }),
  ),
)
process.send?.({ stored, bytes, peakBytes: process.resourceUsage().maxRSS * 1024 }, () => process.disconnect())
