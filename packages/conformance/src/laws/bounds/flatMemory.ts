import { Effect } from "effect"
import { standard } from "../../drive/exported.ts"
import { rowsFrom } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import { flowed } from "../../faults/killed.ts"
import { always, type Law } from "../../Law.ts"

const advice =
  "Pass chunks on as they come, and wait until the target has taken them; hold no more than one batch, of bounded size."

/** Between the first reports and the last, in bytes: pipes and buffers, and what a collector leaves. */
const allowed = 16 * 1024 * 1024

const grows = Effect.fnUntraced(function* (memory: ReadonlyArray<number>, what: string) {
  const [early = 0] = memory.slice(1)
  const most = Math.max(...memory.slice(1)) - early
  yield* expect.that(memory.length >= 9 && most <= allowed, {
    expected: `at most ${megabytes(allowed)} more memory in use while ${what} flow through`,
    seen: memory.length < 9 ? "the bytes were not read to their end" : `${megabytes(most)} more`,
    advice,
  })
})

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`

export const flatMemory: Law = {
  name: "bounds/flat-memory",
  says: "A run of any size needs the same memory: 48 MB flow through a process that may hold 16.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const wanted = standard(bench)
    // Few and long rows: cheap for the target, and many bytes.
    const text = "0123456789abcdef".repeat(65_536 / 16)
    const rows = rowsFrom(wanted.model, 0, 8).map((row) => ({ ...row, label: text }))
    const memory = yield* flowed(bench, world, { ...wanted, rows: () => rows }, 96)
    yield* grows(memory, "48 MB")
  }),
}

export const manyRows: Law = {
  name: "bounds/many-rows",
  says: "A run of a million rows needs no more memory than one of a hundred thousand.",
  when: always,
  slow: true,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const wanted = standard(bench)
    const rows = rowsFrom(wanted.model, 0, 10_000)
    const memory = yield* flowed(bench, world, { ...wanted, rows: () => rows }, 100)
    yield* grows(memory, "a million rows")
  }),
}
