/** One request, on a connection of its own: nothing is left open when a run ends. */
import type { DestinationError } from "@batch-exports/core"
import { Effect, Redacted } from "effect"
import { request as plain } from "node:http"
import { request as secure } from "node:https"
import type { Config } from "./Config.ts"
import { Answered, classify } from "./failures.ts"

interface Message {
  readonly method: "POST" | "HEAD"
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Answers with the status. */
const exchange = (config: Config, { body, headers, method }: Message, signal: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    const url = new URL(config.url)
    const sent = (url.protocol === "https:" ? secure : plain)(
      url,
      {
        method,
        agent: false,
        signal,
        headers: {
          ...headers,
          ...(config.token === undefined ? {} : { authorization: `Bearer ${Redacted.value(config.token)}` }),
          ...(body === undefined ? {} : { "content-length": body.length }),
        },
      },
      (answer) => {
        answer.on("error", reject)
        // A cut answer says nothing of what the receiver did.
        answer.on("end", () => resolve(answer.statusCode ?? 0))
        answer.resume()
      },
    )
    sent.setTimeout(config.timeoutSeconds * 1_000, () => {
      sent.destroy(Object.assign(new Error("timeout"), { code: "TIMEOUT" }))
    })
    sent.on("error", reject)
    sent.end(body)
  })

export const post = (
  config: Config,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Effect.Effect<void, DestinationError> =>
  Effect.tryPromise({
    try: async (signal) => {
      const status = await exchange(config, { method: "POST", headers, body }, signal)
      if (status < 200 || status > 299) throw new Answered(status)
    },
    catch: classify,
  })

/** Whether somebody answers there, and lets us in. HEAD sends no records; a receiver need not know it. */
export const reach = (config: Config): Effect.Effect<void, DestinationError> =>
  Effect.tryPromise({
    try: async (signal) => {
      const status = await exchange(config, { method: "HEAD" }, signal)
      if (status >= 400 && status !== 405 && status !== 501) throw new Answered(status)
    },
    catch: classify,
  })
