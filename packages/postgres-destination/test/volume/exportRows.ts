/** A process of its own that exports many rows, in as many sub-windows as a runner would, and says how much memory it took at most. */
import { DateTime, Effect } from "effect"
import { Run, Window } from "@batch-exports/core"
import { personRow, pairs, persons } from "../support/model.ts"
import { configure, runOf } from "../support/run.ts"

const [settings = "{}", kind = "append", count = "0"] = process.argv.slice(2)
const rows = Number(count)
const most = kind === "merge" ? Infinity : 2_000_000
const start = DateTime.makeUnsafe("2026-02-01T00:00:00Z")

/** Rows differ in their number alone, which is written into a copy: the garbage of a test must not look like the export's. */
const batch = 1_000
const place = "########"
const template = Buffer.from(
  (kind === "merge"
    ? personRow(`user ${place}`, "A", 1, 1)
    : `${place}\tthe note of a row, which is of some length\n`
  ).repeat(batch),
)
const width = template.length / batch
const at = template.indexOf(place)

const generate = async function* (from: number, to: number) {
  for (let first = from; first < to; first += batch) {
    const chunk = Buffer.from(template)
    for (let row = 0; row < batch; row++) {
      let left = first + row
      for (let digit = at + place.length - 1; digit >= at; digit--) {
        chunk[row * width + digit] = 48 + (left % 10)
        left = Math.floor(left / 10)
      }
    }
    yield chunk
  }
}

const exportPart = (from: number, to: number, hour: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const window = new Window.Window({
        start: DateTime.add(start, { hours: hour }),
        end: DateTime.add(start, { hours: hour + 1 }),
      })
      const run = runOf({ export: `${kind} ${count}`, model: kind === "merge" ? persons : pairs, window })
      const sink = yield* configure(JSON.parse(settings)).open(run)
      const written = yield* sink.write({ window, bytes: generate(from, to) })
      yield* sink.commit({ rows: to - from, adjusted: {} })
      return written
    }),
  )

let stored = Run.emptyStored
for (let from = 0, hour = 0; from < rows; from += most, hour++) {
  stored = Run.addStored(stored, await Effect.runPromise(exportPart(from, Math.min(rows, from + most), hour)))
}
const peakBytes = process.resourceUsage().maxRSS * 1024
process.send?.({ stored, bytes: rows * width, peakBytes }, () => process.disconnect())
