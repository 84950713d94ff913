/** An attempt that stands still, and runs that nobody works on any more. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, Ref } from "effect"
import { TestClock } from "effect/testing"
import { type Execution, RunEngine, type Status } from "../src/engine/RunEngine.ts"
import { reconcile } from "../src/runner/dispatch.ts"
import { stalled } from "../src/runner/stalled.ts"
import { migrate } from "../src/store/migrations.ts"
import * as Runs from "../src/store/Runs.ts"
import * as Sqlite from "../src/store/sqlite.ts"

const HOUR = 3_600_000

describe("stallTimeout", () => {
  /** An attempt that moves a byte every so many minutes, `times` times, and then nothing. */
  const attempt = (minutes: number, times: number) =>
    Effect.gen(function* () {
      let bytes = 0
      const moving = Effect.gen(function* () {
        for (let i = 0; i < times; i++) {
          yield* Effect.sleep(`${minutes} minutes`)
          bytes += 1
        }
        return yield* Effect.never
      })
      let released = false
      const fiber = yield* moving.pipe(
        Effect.onInterrupt(() => Effect.sync(() => (released = true))),
        stalled(() => bytes, HOUR),
        Effect.flip,
        Effect.forkChild,
      )
      return { fiber, released: () => released }
    })

  it.effect("gives an attempt up, and lets go of what it holds, when nothing moved for so long", () =>
    Effect.gen(function* () {
      const { fiber, released } = yield* attempt(1, 0)
      yield* TestClock.adjust("59 minutes")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("2 minutes")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason, "Stalled")
      assert.strictEqual(error.recovery, "retry")
      assert.include(error.message, "nothing moved for 1h")
      assert.isTrue(released())
    }),
  )

  it.effect("leaves an attempt alone that moves slowly", () =>
    Effect.gen(function* () {
      const { fiber, released } = yield* attempt(50, 6)
      yield* TestClock.adjust("5 hours")
      assert.isUndefined(fiber.pollUnsafe())
      assert.isFalse(released())
      yield* TestClock.adjust("62 minutes")
      assert.include((yield* Fiber.join(fiber)).message, "after 6 bytes")
    }),
  )
})

describe("the scan for lost runs", () => {
  const state = Layer.effectDiscard(migrate).pipe(Layer.provideMerge(Sqlite.layer(":memory:")))

  /** Scans, on an engine that says so of every execution; answers what it was given. */
  const scan = (status: Status, silence: number) =>
    Effect.gen(function* () {
      const given = yield* Ref.make<ReadonlyArray<Execution>>([])
      yield* reconcile(silence).pipe(
        Effect.provideService(RunEngine, {
          submit: (execution) => Ref.update(given, (all) => [...all, execution]),
          cancel: () => Effect.void,
          status: () => Effect.succeed(status),
        }),
        Effect.provide(Logger.layer([])),
      )
      return yield* Ref.get(given)
    })

  const dispatched = Effect.gen(function* () {
    const window = { start: 0, end: HOUR }
    const id = yield* Runs.insert({ export: "events", destination: "warehouse", origin: "schedule", window, dueAt: 0 })
    yield* Runs.dispatch(id)
    return id
  })

  const begun = Effect.fnUntraced(function* (id: string) {
    const run = yield* Runs.take({ id, generation: 1 }, "a runner")
    assert.isDefined(run)
    assert.isTrue(yield* Runs.attemptStarted(run))
    return run
  })

  it.effect("gives the engine what it does not know, once it has been silent for long enough", () =>
    Effect.gen(function* () {
      const id = yield* dispatched
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* scan("unknown", 60_000), [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* scan("unknown", 60_000), [{ runId: id, generation: 1 }])
      assert.strictEqual((yield* Runs.get(id))?.state, "starting")
    }).pipe(Effect.provide(state)),
  )

  it.effect("leaves alone what is under way, and what has been heard of", () =>
    Effect.gen(function* () {
      const id = yield* dispatched
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(yield* scan("under way", 60_000), [])
      yield* begun(id)
      assert.deepStrictEqual(yield* scan("unknown", 60_000), [])
      assert.strictEqual((yield* Runs.get(id))?.state, "running")
    }).pipe(Effect.provide(state)),
  )

  it.effect(
    "begins anew what the engine took for ended and nobody wrote down, and knows a late word from its last",
    () =>
      Effect.gen(function* () {
        const id = yield* dispatched
        const lost = yield* begun(id)
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(yield* scan("ended", 60_000), [])
        assert.deepInclude(yield* Runs.get(id), { state: "scheduled", generation: 2 })
        // The execution that was given up speaks after all.
        assert.isFalse(yield* Runs.completed(lost, { _tag: "AlreadyExported", notices: [] }))
        assert.strictEqual((yield* Runs.get(id))?.state, "scheduled")
      }).pipe(Effect.provide(state)),
  )
})
