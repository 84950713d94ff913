/** Stands before every route: judges each request, limits its size and number, and puts the headers on every answer. */
import { ByteSize, Clock, Effect, Option } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Access } from "./Access.ts"
import { Allowance } from "./Allowance.ts"
import { isApi, judge } from "./judge.ts"

/** Larger than any definition of an export. */
const LARGEST = 256 * 1024

/** Everything comes from this server, and nothing is written into the page: an injected script would not run. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ")

const headers = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

export const guard = (options: { readonly loopback: boolean }) =>
  HttpRouter.middleware(
    Effect.gen(function* () {
      const access = yield* Access
      const requests = new Allowance({ burst: 300, perSecond: 30 })
      const guesses = new Allowance({ burst: 10, perSecond: 1 / 6 })
      return (route) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const path = request.url.split(/[?#;]/)[0] ?? ""
          const now = yield* Clock.currentTimeMillis
          const address = Option.getOrElse(request.remoteAddress, () => "")
          if (isApi(path) && !requests.take(address, now)) return tooMany
          const credential = yield* access.credential(request)
          // Whoever tries tokens runs out of tries, by whichever way.
          const guess = credential === "wrong" || (path === "/api/session" && request.method === "POST")
          if (guess && !guesses.take(address, now)) return tooMany
          const refusal = judge(
            {
              method: request.method,
              path,
              host: request.headers["host"],
              origin: request.headers["origin"],
              fetchSite: request.headers["sec-fetch-site"],
              credential,
            },
            { token: access.token, loopback: options.loopback },
          )
          if (refusal !== undefined) {
            const { message, remedy, status } = refusal
            return problem(status, status === 401 ? "Unauthorized" : "Forbidden", message, remedy)
          }
          if (Number(request.headers["content-length"] ?? 0) > LARGEST) return tooLarge
          const answer = yield* route.pipe(
            Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(LARGEST)),
            Effect.catchIf(isNotFound, () => Effect.succeed(notFound)),
          )
          return isApi(path) ? HttpServerResponse.setHeader(answer, "cache-control", "no-store") : answer
        }).pipe(Effect.map(HttpServerResponse.setHeaders(headers)))
    }),
    { global: true },
  )

const isNotFound = (error: unknown): boolean =>
  error instanceof HttpServerError.HttpServerError && error.reason._tag === "RouteNotFound"

const problem = (status: number, tag: string, message: string, remedy: string) =>
  HttpServerResponse.jsonUnsafe({ _tag: tag, message, remedy }, { status })

export const notFound = problem(404, "NotFound", "there is nothing here", "The routes are at /api/openapi.json.")
const tooMany = problem(429, "TooMany", "too many requests", "Wait a few seconds.")
const tooLarge = problem(413, "TooLarge", "the request is too large", `Send at most ${LARGEST} bytes.`)
