/** A clock that runs as fast as the real one, from another moment, and can be put forward. */
import { Clock, Effect } from "effect"

export interface ShiftedClock {
  readonly clock: Clock.Clock
  readonly now: () => number
  readonly moveTo: (millis: number) => void
}

export const shiftedClock = (start: number): Effect.Effect<ShiftedClock> =>
  Effect.clockWith((real) =>
    Effect.sync(() => {
      let shift = start - real.currentTimeMillisUnsafe()
      const now = () => real.currentTimeMillisUnsafe() + shift
      const nanos = () => BigInt(Math.round(now())) * 1_000_000n
      const clock: Clock.Clock = {
        currentTimeMillisUnsafe: now,
        currentTimeMillis: Effect.sync(now),
        currentTimeNanosUnsafe: nanos,
        currentTimeNanos: Effect.sync(nanos),
        monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: real.monotonicTimeNanos,
        sleep: (duration) => real.sleep(duration),
      }
      return {
        clock,
        now,
        moveTo: (millis) => {
          shift = millis - real.currentTimeMillisUnsafe()
        },
      }
    }),
  )
