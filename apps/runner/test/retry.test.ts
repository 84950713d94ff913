import { type ExportError, Reason, SourceError } from "@batch-exports/core"
import { Duration, Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { assert, describe, it } from "@effect/vitest"
import { Retry } from "batch-exports"

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
