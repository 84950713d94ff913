import { type ExportError, Reason, SourceError, Window } from "@batch-exports/core"
import { Clock, DateTime, Duration, Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { assert, describe, it } from "@effect/vitest"
import { Retry, runExport } from "batch-exports"
import type { Export } from "../src/config/Config.ts"
import { patience } from "../src/runner/patience.ts"

const failing = (reason: Reason.Reason) =>
  Effect.gen(function* () {
    const attempts = yield* Ref.make(0)
    const attempt: Effect.Effect<never, ExportError> = Effect.andThen(
      Ref.update(attempts, (n) => n + 1),
      Effect.fail(new SourceError({ reason, message: "no", remedy: "none" })),
    )
    const fiber = yield* Effect.retry(attempt, Retry.policy()).pipe(Effect.exit, Effect.forkChild)
    return { fiber, attempts: Ref.get(attempts) }
  })

describe("the retry policy", () => {
  it.effect.each(Reason.all)("does what the table says for %s", (reason) =>
    Effect.gen(function* () {
      const { attempts, fiber } = yield* failing(reason)
      yield* TestClock.adjust(Duration.zero)
      const atOnce = yield* attempts
      yield* TestClock.adjust(Duration.minutes(10))
      yield* Fiber.join(fiber)
      const inAll = yield* attempts
      switch (Reason.recovery(reason)) {
        case "stop":
          return assert.deepStrictEqual([atOnce, inAll], [1, 1])
        case "reopen":
          return assert.deepStrictEqual([atOnce, inAll], [6, 6])
        case "retry":
          return assert.deepStrictEqual([atOnce, inAll], [1, 6])
      }
    }),
  )
})

const error = (reason: Reason.Reason) => new SourceError({ reason, message: "no", remedy: "none" })

/** How long a scheduled run is tried whose source answers so, by the minutes since its beginning. */
const minutesTried = (retryFor: number, answer: (minute: number) => Reason.Reason) =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const now = Effect.map(Clock.currentTimeMillis, (at) => (at - started) / 60_000)
    let waited = 0
    const fiber = yield* runExport({
      export: {
        name: "events",
        source: { open: Effect.flatMap(now, (minute) => Effect.fail(error(answer(minute)))) },
      } as unknown as Export,
      window: new Window.Window({ start: DateTime.makeUnsafe(0), end: DateTime.makeUnsafe(1) }),
      runId: "a run",
      onWaited: (milliseconds) => {
        waited += milliseconds
      },
      patience: () => patience(retryFor, () => waited),
    }).pipe(Effect.flip, Effect.andThen(now), Effect.forkChild)
    for (let minute = 0; minute < 300; minute++) yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  })

describe("the patience of a scheduled run", () => {
  const hour = 3_600_000
  it.effect("lasts as long as the settings say", () =>
    Effect.gen(function* () {
      const tried = yield* minutesTried(hour, () => "ConnectionLost")
      assert.isTrue(tried >= 60 && tried < 64, String(tried))
    }),
  )
  it.effect("does not count the time in which it waits for its turn, whenever that is", () =>
    Effect.gen(function* () {
      const first = yield* minutesTried(hour, (minute) => (minute < 180 ? "Busy" : "ConnectionLost"))
      assert.isTrue(first >= 240 && first < 256, String(first))
      const amid = yield* minutesTried(hour, (minute) => (minute >= 30 && minute < 180 ? "Busy" : "ConnectionLost"))
      assert.isTrue(amid >= 205 && amid < 225, String(amid))
    }),
  )
})
