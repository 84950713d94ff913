/** This runner among those that share a state. */
import { Clock, Context, Deferred, Effect, Layer, Ref } from "effect"
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import type { StateUnusable } from "../store/StateUnusable.ts"
import { version } from "../version.ts"

export class Self extends Context.Service<
  Self,
  {
    /** Another one with each start: what an earlier process of this machine left must not pass for this one's. */
    readonly id: string
    readonly version: string
    readonly listen: string | null
    readonly startedAt: number
    /** When this runner last planned; null: another one does. */
    readonly plannedAt: Ref.Ref<number | null>
    /** What the state said when it last answered. */
    readonly heard: Ref.Ref<{ readonly at: number; readonly plannedAt: number }>
    /** Fails when this runner must not go on with the state as it has become. */
    readonly refused: Deferred.Deferred<never, StateUnusable>
  }
>()("batch-exports/Self") {
  static readonly layer = (listen: { readonly host: string; readonly port: number } | undefined) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        return {
          id: `${hostname().slice(0, 40)}-${process.pid}-${randomUUID().slice(0, 8)}`,
          version,
          listen: listen === undefined ? null : `http://${listen.host}:${listen.port}`,
          startedAt: now,
          plannedAt: yield* Ref.make<number | null>(null),
          heard: yield* Ref.make({ at: now, plannedAt: now }),
          refused: yield* Deferred.make<never, StateUnusable>(),
        }
      }),
    )
}
