/** Defects in what becomes of the bytes. */
import { Effect } from "effect"
import { honest } from "../memory/Parts.ts"
import { type Saboteur, sinks, streams } from "./Saboteur.ts"

export const bytes: ReadonlyArray<Saboteur> = [
  {
    name: "drops-the-last-chunk",
    does: "forgets to flush the last of several chunks when the bytes end",
    breaks: ["append/any-chunking", "append/any-number", "values/large"],
    wrap: streams(async function* (source) {
      const waiting: Array<Uint8Array> = []
      for await (const chunk of source) {
        waiting.push(chunk)
        if (waiting.length > 3) yield waiting.shift() ?? chunk
      }
      yield* waiting.length < 3 ? waiting : waiting.slice(0, -1)
    }),
  },
  {
    name: "drops-the-first-row",
    does: "loses the first of many rows",
    breaks: ["append/any-number", "atomicity/all-or-nothing"],
    parts: {
      place: (table, incoming, attempt) =>
        honest.place(table, incoming.length > 500 ? incoming.slice(1) : incoming, attempt),
    },
  },
  {
    name: "takes-a-broken-stream-for-an-end",
    does: "sends what it has when the source's bytes break off, as if that were all",
    breaks: ["append/broken-source"],
    wrap: streams(async function* (source) {
      const iterator = source[Symbol.asyncIterator]()
      const next = () => iterator.next().catch(() => ({ done: true, value: undefined }) as const)
      for (let item = await next(); item.done !== true; item = await next()) yield item.value
    }),
  },
  {
    name: "believes-the-count",
    does: "commits what it has, whatever the source says that it sent",
    breaks: ["append/counts-agree"],
    wrap: sinks((sink) => {
      let received = 0
      return {
        write: (part) => Effect.tap(sink.write(part), (stored) => Effect.sync(() => (received += stored.received))),
        commit: (sent) => sink.commit({ ...sent, rows: received }),
      }
    }),
  },
  {
    name: "buffers-the-run",
    does: "reads all bytes into memory before it sends the first",
    breaks: ["bounds/flat-memory", "bounds/backpressure"],
    wrap: streams(async function* (source) {
      const all: Array<Uint8Array> = []
      for await (const chunk of source) all.push(chunk)
      yield* all
    }),
  },
]
