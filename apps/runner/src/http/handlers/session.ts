/** `/api/session` and `/api/events`. */
import { Duration, Effect, Redacted } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Secrets } from "../../store/Secrets.ts"
import { Api } from "../api/Api.ts"
import { TooMany, Unauthorized } from "../api/problems.ts"
import { Changes } from "../changes.ts"
import { Access, cookie, LIFETIME } from "../security/Access.ts"

const MOST_WATCHERS = 32

/** The page's scripts cannot read it, and other sites' pages cannot have it sent. */
const options = (request: HttpServerRequest.HttpServerRequest) => ({
  httpOnly: true,
  sameSite: "strict" as const,
  path: "/",
  // A proxy may speak TLS for us: the browser says how it was asked.
  secure: request.headers["origin"]?.startsWith("https:") === true,
})

export const session = HttpApiBuilder.group(Api, "session", (handlers) =>
  handlers.handleAll({
    getSession: ({ request }) =>
      Effect.gen(function* () {
        const access = yield* Access
        const secrets = yield* Secrets
        const usable = yield* Effect.result(secrets.seal(Redacted.make(""), "session"))
        const credential = yield* access.credential(request)
        return {
          required: access.token,
          authenticated: !access.token || credential === "session" || credential === "token",
          secrets: usable._tag === "Success" ? null : `${usable.failure.message}. ${usable.failure.remedy}`,
        }
      }),
    logIn: ({ payload, request }) =>
      Effect.gen(function* () {
        const opened = yield* (yield* Access).open(payload.token)
        if (opened === undefined) {
          return yield* new Unauthorized({
            message: "this is not the token",
            remedy: "It is what BATCH_EXPORTS_TOKEN, or token under runner, says.",
          })
        }
        const maxAge = Duration.millis(LIFETIME)
        const answer = HttpServerResponse.empty({ status: 204 })
        return yield* Effect.orDie(
          HttpServerResponse.setCookie(answer, cookie, opened, { ...options(request), maxAge }),
        )
      }),
    logOut: ({ request }) =>
      Effect.orDie(
        HttpServerResponse.expireCookie(HttpServerResponse.empty({ status: 204 }), cookie, options(request)),
      ),
    events: () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        if ((yield* changes.watchers) >= MOST_WATCHERS) {
          return yield* new TooMany({ message: "too many watch already", remedy: "Close a page of the console." })
        }
        return changes.stream
      }),
  }),
)
