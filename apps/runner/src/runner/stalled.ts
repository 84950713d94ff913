/** Gives an attempt up that moves nothing: no server's timeout covers every way to stand still. */
import { DestinationError, type ExportError } from "@batch-exports/core"
import { Clock, Duration, Effect } from "effect"

export const stalled =
  (bytes: () => number, timeout: number) =>
  <A>(attempt: Effect.Effect<A, ExportError>): Effect.Effect<A, ExportError> => {
    const watch = Effect.gen(function* () {
      let seen = bytes()
      let since = yield* Clock.currentTimeMillis
      for (;;) {
        yield* Effect.sleep(Math.max(1, Math.min(timeout / 4, 30_000)))
        const now = yield* Clock.currentTimeMillis
        const moved = bytes()
        if (moved !== seen) {
          seen = moved
          since = now
        } else if (now - since >= timeout) {
          return yield* new DestinationError({
            reason: "Stalled",
            message: `nothing moved for ${Duration.format(Duration.millis(timeout))}, after ${moved} bytes`,
            remedy:
              "Look for locks and load on both servers. A merge that takes longer needs a longer stallTimeout under runner.",
          })
        }
      }
    })
    return Effect.raceFirst(attempt, watch)
  }
