/** A log in which an outage of the state is a few lines, however often it was asked. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, Logger } from "effect"
import { ClusterError } from "effect/cluster"
import { SqlError } from "effect/sql"
import { TestClock } from "effect/testing"
import { Outage } from "../src/runner/Outage.ts"

const away = new SqlError.SqlError({
  reason: new SqlError.ConnectionError({ cause: new Error("ECONNREFUSED"), message: "nothing accepts connections." }),
})
const refused = new SqlError.SqlError({
  reason: new SqlError.ConnectionError({ cause: new Error("28P01"), message: "the password is wrong" }),
})
const late = new ClusterError.PersistenceError({ cause: new Cause.TimeoutError("after 2 s") })
const broken = new SqlError.SqlError({
  reason: new SqlError.UnknownError({ cause: new Error("XX000"), message: "an index is broken" }),
})
const full = new SqlError.SqlError({
  reason: new SqlError.ConnectionError({ cause: { code: "53100" }, message: "No space left on device" }),
})

describe("the log of a runner", () => {
  const listening = (said: Array<string>) =>
    Outage.layer.pipe(
      Layer.provide(
        Logger.layer([
          Logger.make(({ cause, logLevel, message }) => {
            const text = String(Array.isArray(message) ? message[0] : message)
            const why = cause.reasons.length === 0 ? "" : ` ${Cause.pretty(cause).split("\n", 1)[0]}`
            said.push(`${logLevel} ${text}${why}`)
          }),
        ]),
      ),
    )

  it.effect("speaks of a state that is away once a minute, and when it is back", () => {
    const said: Array<string> = []
    return Effect.gen(function* () {
      const { answered } = yield* Outage
      yield* answered
      for (let second = 0; second <= 65; second++) {
        yield* Effect.logError("planning failed", Cause.fail(away))
        const wrapped = new ClusterError.PersistenceError({ cause: away })
        yield* Effect.logWarning("could not read messages", Cause.die(wrapped))
        yield* Effect.logWarning("could not release shards", Cause.fail(late))
        if (second >= 30) yield* Effect.logError("planning failed", Cause.fail(refused))
        yield* TestClock.adjust("1 second")
      }
      yield* Effect.logError("planning failed", Cause.fail(broken))
      yield* Effect.logInfo("something else")
      yield* answered
      yield* answered
      // The beat of this runner may need no space.
      for (let second = 0; second <= 65; second++) {
        yield* Effect.logError("planning failed", Cause.fail(full))
        yield* answered
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(said, [
        "Error planning failed: nothing accepts connections.",
        "Warn could not read messages: nothing accepts connections.",
        "Warn could not release shards: after 2 s",
        "Error the state has not answered for 5 s: nothing is begun until it does. planning failed: nothing accepts connections.",
        "Error planning failed: the password is wrong",
        "Warn could not release shards: after 2 s",
        "Error the state has not answered for 65 s: nothing is begun until it does. planning failed: nothing accepts connections.",
        "Error planning failed effect/sql/SqlError: an index is broken",
        "Info something else",
        "Info the state answers again, after 66 s",
        "Error the state takes nothing in: what is to be written waits until it does. planning failed: No space left on device",
        "Error the state takes nothing in: what is to be written waits until it does. planning failed: No space left on device",
      ])
    }).pipe(Effect.provide(listening(said)))
  })

  it.effect("does not take what fails beside a state that answers for an outage", () => {
    const said: Array<string> = []
    return Effect.gen(function* () {
      const { answered } = yield* Outage
      yield* Effect.logError("planning failed", Cause.fail(away))
      for (let second = 0; second <= 65; second++) {
        yield* Effect.logWarning("could not release shards", Cause.fail(late))
        if (second % 2 === 0) yield* answered
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(said, [
        "Error planning failed: nothing accepts connections.",
        "Warn could not release shards: after 2 s",
        "Warn could not release shards: after 2 s",
      ])
    }).pipe(Effect.provide(listening(said)))
  })
})
