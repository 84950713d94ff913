/** A runner inside the test, and its API as a client sees it. */
import { builtIn, decodeText } from "batch-exports"
import { ConfigProvider, Effect, Ref } from "effect"
import type { Configuration } from "../../src/config/Config.ts"
import { Listening } from "../../src/http/Listening.ts"

export const KEY = "11".repeat(32)

/** The state of a test does not depend on the environment that it runs in. */
export const withKey = Effect.provideService(
  ConfigProvider.ConfigProvider,
  ConfigProvider.fromUnknown({ BATCH_EXPORTS_SECRET_KEY: KEY }),
)

export const decoded = (text: string): Configuration => {
  const result = decodeText("test.yaml", text, builtIn, { env: () => undefined, file: () => undefined })
  if (result._tag === "Failure") throw result.failure
  return result.success
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: any
}

export interface Client {
  readonly address: string
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Effect.Effect<Answer>
  readonly get: (path: string) => Effect.Effect<Answer>
  readonly post: (path: string, body?: unknown) => Effect.Effect<Answer>
}

export const client = Effect.gen(function* () {
  const address = (yield* Ref.get(yield* Listening)) ?? "http://nowhere.invalid/"
  const call: Client["call"] = (method, path, body, headers = { origin: address.slice(0, -1) }) =>
    Effect.promise(async (signal) => {
      const response = await fetch(new URL(path, address), {
        method,
        signal,
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get("content-type")?.startsWith("application/json") === true
      return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
    })
  return {
    address,
    call,
    get: (path) => call("GET", path),
    post: (path, body = {}) => call("POST", path, body),
  } satisfies Client
})

/** The messages of a stream of server-sent events that has ended. */
export const messages = (text: string): ReadonlyArray<any> =>
  text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [JSON.parse(line.slice(6))] : []))
