/** Posts notices to the addresses of the configuration. An address may hold a token, so it appears in no message. */
import { Context, Effect, Layer, Redacted, Schedule } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { type Event, events, type Webhook } from "../config/RunnerSettings.ts"
import type { Failure } from "../store/Run.ts"
import { current, Definitions } from "./Definitions.ts"

export interface Notice {
  readonly event: Event
  readonly export: string
  readonly run: string
  readonly window: string
  readonly text: string
  readonly error: Failure | null
}

export class Webhooks extends Context.Service<
  Webhooks,
  {
    /** Returns at once; delivery is tried a few times in the background. */
    readonly send: (notice: Notice) => Effect.Effect<void>
  }
>()("batch-exports/Webhooks") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const context = yield* Effect.context<HttpClient.HttpClient | Definitions>()
      const scope = yield* Effect.scope
      return {
        send: (notice) =>
          Effect.gen(function* () {
            const { runner } = yield* current
            const wanted = runner.webhooks.filter((hook) => (hook.on ?? events).includes(notice.event))
            yield* Effect.forEach(wanted, (hook) => Effect.forkIn(post(hook, notice), scope), { discard: true })
          }).pipe(Effect.provideContext(context)),
      }
    }),
  )
}

const post = (hook: Webhook, notice: Notice) =>
  Effect.gen(function* () {
    const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
    const request = HttpClientRequest.bodyJsonUnsafe(
      HttpClientRequest.post(Redacted.value(hook.url)),
      hook.format === "slack" ? { text: notice.text } : notice,
    )
    yield* client
      .execute(request)
      .pipe(
        Effect.timeout("10 seconds"),
        Effect.retry(Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 4 }))),
      )
  }).pipe(
    // Redirected, it would arrive without what it says, and where nobody was to know of it.
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    // A span would hold the address.
    Effect.withTracerEnabled(false),
    Effect.catch(() => Effect.logWarning(`a webhook did not take the notice "${notice.event}" of "${notice.export}"`)),
  )
