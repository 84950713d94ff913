import { Effect, Fiber } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { rowsFrom } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import { make } from "../../faults/Proxy.ts"
import { always, type Law } from "../../Law.ts"
import { withoutNetwork } from "../../NotApplicable.ts"

const limit = 64 * 1024 * 1024

export const backpressure: Law = {
  name: "bounds/backpressure",
  says: "A target that takes nothing stops the source: the destination does not go on reading. (Where nothing is reached over TCP, the law of flat memory stands for it.)",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const { network } = world.target
    if (network === undefined) return yield* withoutNetwork(bench, world, "bounds/flat-memory stands in")
    const proxy = yield* make(network.server)
    const through = { destination: yield* bench.configure(network.through(proxy.address)) }
    const wanted = standard(bench)
    const rows = rowsFrom(wanted.model, 0, 8).map((row) => ({ ...row, label: "0123456789abcdef".repeat(4096) }))
    const read = { bytes: 0 }
    const feed = async function* (bytes: Uint8Array) {
      while (read.bytes < limit * 2) {
        read.bytes += bytes.length
        yield bytes.slice()
        if (read.bytes === bytes.length) await Effect.runPromise(proxy.hold)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const fiber = yield* Effect.forkChild(Effect.exit(exported(bench, through, { ...wanted, rows: () => rows, feed })))
    const seen = yield* standstill(read)
    // First, since one that must send something before it ends could not end otherwise.
    yield* proxy.release
    yield* Fiber.interrupt(fiber)
    yield* expect.that(seen < limit, {
      expected: `fewer than ${limit / 1024 / 1024} MB are read while the target takes nothing`,
      seen: `${(seen / 1024 / 1024).toFixed(0)} MB and more`,
      advice:
        "Pull the next chunk only when the target has taken the last: await the drain of a socket, or use `pipeline`.",
    })
  }),
}

/** Until it stands still for a while, or has read too much. */
const standstill = Effect.fnUntraced(function* (read: { readonly bytes: number }) {
  let before = -1
  for (let still = 0; still < 10;) {
    yield* Effect.sleep("30 millis")
    if (read.bytes >= limit) break
    still = read.bytes === before && read.bytes > 0 ? still + 1 : 0
    before = read.bytes
  }
  return read.bytes
})
