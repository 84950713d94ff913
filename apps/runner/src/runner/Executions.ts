/** The executions under way in this process, so that they can be cancelled, and let go when the process stops. */
import { Context, Deferred, type Duration, Effect, Latch, Layer, type Scope } from "effect"

export type Ending = "cancelled" | "stopping"

export class Executions extends Context.Service<
  Executions,
  {
    /** Registers an execution until the scope closes. What it answers waits for the word to end. */
    readonly enter: (runId: string) => Effect.Effect<Effect.Effect<Ending>, never, Scope.Scope>
    readonly has: (runId: string) => Effect.Effect<boolean>
    readonly cancel: (runId: string) => Effect.Effect<void>
    /** No run is to be begun any more. */
    readonly close: Effect.Effect<void>
    readonly isClosed: Effect.Effect<boolean>
    /** Ends all, now and later, as a kill would, but rolled back: the next process begins their runs again. */
    readonly stop: Effect.Effect<void>
    readonly count: Effect.Effect<number>
    /** Waits until an execution ends, or for this long: a place that became free need not wait for the next round. */
    readonly awaitEnd: (patience: Duration.Input) => Effect.Effect<void>
  }
>()("batch-exports/Executions") {
  static readonly layer = Layer.sync(this, () => {
    const current = new Map<string, Deferred.Deferred<Ending>>()
    const ended = Latch.makeUnsafe(false)
    let closed = false
    let stopped = false
    const enter = (runId: string) =>
      Effect.acquireRelease(
        Effect.gen(function* () {
          const word = yield* Deferred.make<Ending>()
          current.set(runId, word)
          if (stopped) yield* Deferred.succeed(word, "stopping")
          return word
        }),
        (word) =>
          Effect.sync(() => {
            if (current.get(runId) === word) current.delete(runId)
            ended.openUnsafe()
          }),
      )
    return {
      enter: (runId) => Effect.map(enter(runId), (word) => Deferred.await(word)),
      has: (runId) => Effect.sync(() => current.has(runId)),
      cancel: (runId) =>
        Effect.suspend(() => {
          const word = current.get(runId)
          return word === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(word, "cancelled"))
        }),
      close: Effect.sync(() => {
        closed = true
      }),
      isClosed: Effect.sync(() => closed),
      stop: Effect.suspend(() => {
        stopped = true
        return Effect.forEach([...current.values()], (word) => Deferred.succeed(word, "stopping"), { discard: true })
      }),
      count: Effect.sync(() => current.size),
      awaitEnd: (patience) => Effect.asVoid(Effect.andThen(Effect.timeoutOption(ended.await, patience), ended.close)),
    }
  })
}
