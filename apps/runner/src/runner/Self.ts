/** This runner among those that share a state. */
import { Clock, Context, Effect, Layer, Ref } from "effect"
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
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
  }
>()("batch-exports/Self") {
  static readonly layer = (listen: { readonly host: string; readonly port: number } | undefined) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        return {
          id: `${hostname().slice(0, 40)}-${randomUUID().slice(0, 8)}`,
          version,
          listen: listen === undefined ? null : `http://${listen.host}:${listen.port}`,
          startedAt: now,
          plannedAt: yield* Ref.make<number | null>(null),
          heard: yield* Ref.make({ at: now, plannedAt: now }),
        }
      }),
    )
}
