/**
 * A destination that has been opened for a run, and looked at. Whoever opens it next gets what is open already: to connect, and to
 * look at everything again, takes longer than a small window. Closed before, it is opened anew.
 */
import type { Destination, DestinationError, Run } from "@batch-exports/core"
import { Clock, Effect, Exit, Scope } from "effect"

export interface OpenOnce {
  readonly sink: Destination.Sink
  readonly destination: Destination.Configured
  /** Milliseconds that opening took. */
  readonly took: number
  readonly close: Effect.Effect<void>
}

export const openOnce = Effect.fnUntraced(function* (
  destination: Destination.Configured,
  run: Run.Run,
): Effect.fn.Return<OpenOnce, DestinationError, Scope.Scope> {
  const own = yield* Scope.fork(yield* Effect.scope)
  const started = yield* Clock.currentTimeMillis
  const sink = yield* destination.open(run).pipe(Scope.provide(own), Effect.withSpan("open"))
  let isFree = true
  const take = Effect.suspend(() => {
    isFree = false
    return Effect.as(
      // It is closed when whoever took it ends, as if it had been opened there.
      Effect.addFinalizer((exit) => Scope.close(own, exit)),
      sink,
    )
  })
  return {
    sink,
    took: (yield* Clock.currentTimeMillis) - started,
    destination: { ...destination, open: (asked) => (isFree ? take : destination.open(asked)) },
    close: Effect.suspend(() => {
      isFree = false
      return Scope.close(own, Exit.void)
    }),
  }
})
