/** Who may come in: whoever knows the token, or holds a session that was opened with it. */
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import type { HttpServerRequest } from "effect/http"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import type { Request } from "./judge.ts"

export const cookie = "batch_exports_session"

/** A working day; the console asks for the token again then. */
export const LIFETIME = 12 * 3_600_000

export class Access extends Context.Service<
  Access,
  {
    readonly token: boolean
    readonly credential: (
      request: Pick<HttpServerRequest.HttpServerRequest, "headers" | "cookies">,
    ) => Effect.Effect<Request["credential"]>
    /** A session for whoever gives the token; undefined for others. */
    readonly open: (token: Redacted.Redacted) => Effect.Effect<string | undefined>
  }
>()("batch-exports/http/Access") {
  static readonly layer = (token: Redacted.Redacted | undefined) => Layer.succeed(this, make(token))
}

const make = (token: Redacted.Redacted | undefined): Access["Service"] => {
  const isToken = (given: string) => token !== undefined && same(given, Redacted.value(token))
  // Ends with the token: who changes it closes all sessions.
  const sign = (expiry: string) =>
    createHmac("sha256", token === undefined ? "" : Redacted.value(token))
      .update(`session ${expiry}`)
      .digest("base64url")
  const isSession = (value: string, now: number) => {
    const [expiry = "", signature = ""] = value.split(".")
    return same(signature, sign(expiry)) && Number(expiry) > now
  }
  return {
    token: token !== undefined,
    credential: ({ cookies, headers }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const given = /^Bearer +(\S+) *$/i.exec(headers["authorization"] ?? "")?.[1]
        // Without a token there is nothing that could be right.
        if (headers["authorization"] !== undefined && token !== undefined) {
          return given !== undefined && isToken(given) ? "token" : "wrong"
        }
        const session = cookies[cookie]
        return session !== undefined && token !== undefined && isSession(session, now) ? "session" : "none"
      }),
    open: (given) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        if (!isToken(Redacted.value(given))) return undefined
        const expiry = String(now + LIFETIME)
        return `${expiry}.${sign(expiry)}`
      }),
  }
}

/** Takes as long wherever the two differ. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()
