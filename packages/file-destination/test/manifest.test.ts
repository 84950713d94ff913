/** The manifest as a data structure: any history reads back as what a plain list would say, from few entries. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import * as Entry from "../src/manifest/Entry.ts"
import * as Manifest from "../src/manifest/Manifest.ts"
import type { Store } from "../src/store/Store.ts"
import { hours } from "./support/run.ts"

const objects = () => {
  const kept = new Map<string, Uint8Array>()
  let reads = 0
  const store: Store = {
    location: "memory",
    list: (folder) =>
      Effect.sync(() =>
        [...kept.keys()].filter((name) => name.startsWith(folder)).map((name) => name.slice(folder.length + 1)),
      ),
    get: (name) =>
      Effect.sync(() => {
        reads += 1
        return kept.get(name)
      }),
    remove: () => Effect.void,
    begin: () => Effect.die("not asked for"),
    sweep: () => Effect.void,
  }
  return { kept, store, reads: () => reads }
}

const windowAt = (from: number, to: number, run: string) => ({
  start: hours(from, to).start,
  end: hours(from, to).end,
  run,
  draft: run,
  model: "things",
  definition: "d",
  encoding: "jsonl" as const,
  compression: "none" as const,
  rows: 1,
  bytes: 2,
  files: [{ path: `${run}.jsonl`, rows: 1, bytes: 2, size: 2 }],
  replaced: [],
})

describe("Entry.after", () => {
  it("counts down in powers of sixteen", () => {
    assert.deepStrictEqual(
      [1, 2, 15, 16, 17, 32, 255, 256, 272, 4096].map(Entry.after),
      [0, 1, 14, 0, 16, 16, 254, 0, 256, 0],
    )
  })
})

describe("Manifest", () => {
  it.effect("reads any history back", () =>
    Effect.gen(function* () {
      const { kept, reads, store } = objects()
      const at = DateTime.makeUnsafe("2026-02-01T00:00:00Z")
      const expected = new Map<number, string>()
      for (let n = 1; n <= 300; n++) {
        const before = yield* Manifest.read(store, "events")
        assert.strictEqual(before.number, n - 1)
        // Each seventh takes the place of the three hours before it.
        const [from, to] = n % 7 === 0 ? [n - 3, n] : [n, n + 1]
        const entry = Manifest.next(before, [windowAt(from, to, `r${n}`)], at)
        kept.set(Manifest.nameOf("events", entry.number), Entry.write(entry))
        for (let hour = from; hour < to; hour++) expected.set(hour, `r${n}`)
      }
      const manifest = yield* Manifest.read(store, "events")
      const found = manifest.windows.flatMap(({ end, run, start }) => {
        const first = (start.epochMilliseconds - hours(0, 1).start.epochMilliseconds) / 3_600_000
        const length = (end.epochMilliseconds - start.epochMilliseconds) / 3_600_000
        return Array.from({ length }, (_, index) => [first + index, run] as const)
      })
      assert.deepStrictEqual(
        found,
        [...expected].sort(([a], [b]) => a - b),
      )
      const before = reads()
      yield* Manifest.read(store, "events")
      assert.isAtMost(reads() - before, 45)
      assert.strictEqual((yield* Manifest.read(store, "event")).number, 0)
    }),
  )
})
