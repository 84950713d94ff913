import { DateTime, Deferred, Effect, Fiber, Result, Stream } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { type Destination, DestinationError, ExportWindow, type Source, Window } from "@batch-exports/core"
import * as MemoryDestination from "./MemoryDestination.ts"
import { type Behaviour, hour, rowsOf, source } from "./support.ts"

const memory = (store: MemoryDestination.Store, fields?: ReadonlyArray<string>): Destination.Configured =>
  Result.getOrThrow(MemoryDestination.make(store, fields === undefined ? {} : { fields }).configure({}))

const run = (store: MemoryDestination.Store, window: Window.Window, behaviour: Behaviour = {}, id = "r1") =>
  ExportWindow.exportWindow({
    source: source(behaviour),
    destination: memory(store),
    run: { id, export: "e", window, mode: "once" },
  })

const ids = (rows: ReadonlyArray<Readonly<Record<string, unknown>>>) => rows.map((row) => String(row["id"])).sort()

describe("exportWindow", () => {
  it.effect.each([1, 3, 7, 64, 1 << 20])("moves every row once, in chunks of %d bytes", (chunkSize) =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const outcome = yield* run(store, hour(0, 3), { chunkSize })
      assert.strictEqual(outcome._tag, "Exported")
      if (outcome._tag !== "Exported") return
      assert.strictEqual(outcome.sent.rows, 15)
      assert.strictEqual(outcome.stored.received, 15)
      assert.strictEqual(outcome.bytes, store.ledger[0]?.bytes)
      assert.deepStrictEqual(outcome.leftOut, ["extra"])
      assert.deepStrictEqual(ids(store.rows), ids(rowsOf(hour(0, 3))))
    }),
  )

  it.effect("adds nothing for a window that the ledger holds", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      yield* run(store, hour(0, 3))
      const again = yield* run(store, hour(1, 1), {}, "r2")
      assert.strictEqual(again._tag, "AlreadyExported")
      assert.lengthOf(store.rows, 15)
    }),
  )

  it.effect("exports only what is missing of a window", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      yield* run(store, hour(1))
      const from = source()
      const outcome = yield* ExportWindow.exportWindow({
        source: from,
        destination: memory(store),
        run: { id: "r2", export: "e", window: hour(0, 4), mode: "once" },
      })
      assert.deepStrictEqual(from.reads.map(Window.format), [hour(0), hour(2, 2)].map(Window.format))
      assert.strictEqual(outcome._tag === "Exported" ? outcome.sent.rows : -1, 15)
      assert.deepStrictEqual(ids(store.rows), ids(rowsOf(hour(0, 4))))
    }),
  )

  it.effect("publishes nothing when the source breaks off, and reports the source's own error", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const error = yield* Effect.flip(run(store, hour(0, 3), { chunkSize: 10, breakAfter: 50 }))
      assert.strictEqual(error._tag, "SourceError")
      assert.strictEqual(error.reason, "SourceIncomplete")
      assert.strictEqual(error.recovery, "retry")
      assert.deepStrictEqual(store, MemoryDestination.makeStore())
    }),
  )

  it.effect.each([
    { miscount: 1, more: "the source sent more" },
    { miscount: -1, more: "the destination counted more" },
  ])("publishes nothing when the counts differ by $miscount", ({ miscount, more }) =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const error = yield* Effect.flip(run(store, hour(0), { miscount }))
      assert.strictEqual(error.reason, "CountMismatch")
      assert.include(error.message, more)
      assert.deepStrictEqual(store, MemoryDestination.makeStore())
    }),
  )

  it.effect("leaves a window alone that may still get records", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const watermark = DateTime.subtract(hour(0).end, { milliseconds: 1 })
      const error = yield* Effect.flip(run(store, hour(0), { watermark }))
      assert.strictEqual(error.reason, "WindowOpen")
      assert.include(error.message, "complete up to")
      assert.lengthOf(store.ledger, 0)
      const outcome = yield* run(store, hour(0), { watermark: hour(0).end })
      assert.strictEqual(outcome._tag, "Exported")
    }),
  )

  it.effect("refuses a window that has not ended by the source's clock", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const now = DateTime.makeUnsafe("2026-01-31T00:59:59.999Z")
      for (const watermark of [{}, { watermark: hour(0).end }]) {
        const error = yield* Effect.flip(run(store, hour(0), { now, ...watermark }))
        assert.strictEqual(error.reason, "WindowOpen")
        assert.include(error.message, "ends in the future")
      }
      assert.deepStrictEqual(store, MemoryDestination.makeStore())
    }),
  )

  it.effect("lets one of two overlapping runs win", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const both = yield* Effect.all(
        [Effect.result(run(store, hour(0, 2), {}, "r1")), Effect.result(run(store, hour(1, 2), {}, "r2"))],
        { concurrency: 2 },
      )
      assert.lengthOf(both.filter(Result.isSuccess), 1)
      const lost = both.filter(Result.isFailure)
      assert.deepStrictEqual(
        lost.map(({ failure }) => [failure.reason, failure.recovery]),
        [["ClaimLost", "reopen"]],
      )
      assert.lengthOf(store.rows, 10)
    }),
  )

  it.effect("tries a refused value once more, defensively, and says so", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const inner = memory(store)
      const refusals: Array<boolean> = []
      const picky = (alsoDefensive: boolean): Destination.Configured => ({
        ...inner,
        open: (opened) =>
          Effect.map(inner.open(opened), (sink) => ({
            ...sink,
            write: (part) => {
              refusals.push(opened.defensive)
              return opened.defensive && !alsoDefensive
                ? sink.write(part)
                : Effect.fail(new DestinationError({ reason: "DataRejected", message: "no", remedy: "none" }))
            },
          })),
      })
      const attempt = (destination: Destination.Configured, id: string) =>
        ExportWindow.exportWindow({
          source: source(),
          destination,
          run: { id, export: "e", window: hour(0), mode: "once" },
        })
      const error = yield* Effect.flip(attempt(picky(true), "r1"))
      assert.strictEqual(error.reason, "DataRejected")
      const outcome = yield* attempt(picky(false), "r2")
      assert.isTrue(outcome.notices.some((notice) => notice.includes("safest form")))
      assert.deepStrictEqual(refusals, [false, true, false, true])
      assert.lengthOf(store.rows, 5)
    }),
  )

  it.effect("publishes nothing when it is interrupted, and lets go of the source", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const inner = source()
      let released = false
      const stuck: Source.Opened = {
        ...inner,
        read: () =>
          Effect.acquireRelease(
            Effect.succeed({
              bytes: (async function* () {
                yield new TextEncoder().encode("{}\n")
                await new Promise(() => {})
              })(),
              failure: () => undefined,
              tally: Effect.never,
            }),
            () => Effect.sync(() => (released = true)),
          ),
      }
      const started = yield* Deferred.make<void>()
      const fiber = yield* ExportWindow.exportWindow({
        source: stuck,
        destination: memory(store),
        run: { id: "r1", export: "e", window: hour(0), mode: "once" },
        onProgress: () => Deferred.doneUnsafe(started, Effect.void),
      }).pipe(Effect.forkChild)
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(released)
      assert.deepStrictEqual(store, MemoryDestination.makeStore())
    }),
  )

  it.effect("sends only what the target has", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const outcome = yield* ExportWindow.exportWindow({
        source: source(),
        destination: memory(store, ["extra", "id"]),
        run: { id: "r1", export: "e", window: hour(0), mode: "once" },
      })
      assert.deepStrictEqual(outcome._tag === "Exported" ? outcome.leftOut : [], ["label"])
      assert.deepStrictEqual(Object.keys(store.rows[0] ?? {}), ["id", "extra"])
      const none = yield* Effect.flip(
        ExportWindow.exportWindow({
          source: source(),
          destination: memory(store, []),
          run: { id: "r2", export: "other", window: hour(0), mode: "once" },
        }),
      )
      assert.strictEqual(none.reason, "TargetIncompatible")
    }),
  )

  it.effect("refuses a mode that the destination does not have", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      const error = yield* Effect.flip(
        ExportWindow.exportWindow({
          source: source(),
          destination: memory(store),
          run: { id: "r1", export: "e", window: hour(0), mode: "force" },
        }),
      )
      assert.strictEqual(error.reason, "Unsupported")
      assert.include(error.message, '"force"')
    }),
  )

  it.effect("keeps a ledger that the destination can show", () =>
    Effect.gen(function* () {
      const store = MemoryDestination.makeStore()
      yield* run(store, hour(2))
      yield* run(store, hour(0), {}, "r2")
      const rows = yield* Stream.runCollect(memory(store).ledger("e"))
      assert.deepStrictEqual(
        rows.map((row) => [Window.format(row.window), row.run, row.rows]),
        [
          [Window.format(hour(0)), "r2", 5],
          [Window.format(hour(2)), "r1", 5],
        ],
      )
    }),
  )
})
