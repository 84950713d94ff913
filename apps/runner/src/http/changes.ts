/** Word of changes for those who watch: the state is looked at once a second, once for all, and only while somebody does. */
import { Context, Duration, Effect, Layer, Schedule, Stream } from "effect"
import { SqlClient } from "effect/sql"
import * as Pages from "../store/Pages.ts"

type Fingerprint = Effect.Success<typeof Pages.fingerprint>

const topics = ["exports", "runs", "backfills"] as const

export class Changes extends Context.Service<
  Changes,
  {
    /** What has changed; an empty list now and then, so that a connection that is gone is noticed. */
    readonly stream: Stream.Stream<{ readonly changed: ReadonlyArray<string> }>
    readonly watchers: Effect.Effect<number>
  }
>()("batch-exports/http/Changes") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const context = yield* Effect.context<SqlClient.SqlClient>()
      let watchers = 0
      let seen: { readonly at: number; readonly print: Fingerprint } | undefined
      /** Several that ask within a second get one answer. */
      const look = Effect.clockWith((clock) =>
        Effect.gen(function* () {
          const now = clock.currentTimeMillisUnsafe()
          if (seen !== undefined && now - seen.at < 900) return seen.print
          const print = yield* Pages.fingerprint.pipe(Effect.provideContext(context), Effect.orDie)
          seen = { at: now, print }
          return print
        }),
      )
      const stream = Stream.suspend(() => {
        watchers += 1
        let before: Fingerprint | undefined
        let silent = 0
        return Stream.fromEffectSchedule(
          Effect.map(look, (print) => {
            const changed = before === undefined ? [] : topics.filter((topic) => before?.[topic] !== print[topic])
            const first = before === undefined
            before = print
            silent = changed.length > 0 || first ? 0 : silent + 1
            return { changed, tell: first || changed.length > 0 || silent % BEAT === 0 }
          }),
          Schedule.spaced(Duration.seconds(1)),
        ).pipe(
          Stream.filter(({ tell }) => tell),
          Stream.map(({ changed }) => ({ changed })),
          Stream.ensuring(
            Effect.sync(() => {
              watchers -= 1
            }),
          ),
        )
      })
      return { stream, watchers: Effect.sync(() => watchers) }
    }),
  )
}

/** Seconds without a change. */
const BEAT = 15
