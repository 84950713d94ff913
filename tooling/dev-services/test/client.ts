/** The real client, pointed at the embedded server. */
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from "@clickhouse/client"
import { Effect, type Scope } from "effect"
import { ClickHouseServer } from "../src/index.ts"

export interface Options {
  readonly username?: string
  readonly password?: string
  readonly database?: string
  readonly session_id?: string
  readonly max_open_connections?: number
  readonly keep_alive?: { readonly enabled: boolean }
  readonly compression?: { readonly request?: boolean; readonly response?: boolean }
}

export const connect = (
  options: Options = {},
): Effect.Effect<ClickHouseClient, never, ClickHouseServer | Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(ClickHouseServer, ({ password, url, user }) =>
      createClient({ url, username: user, password, log: { level: ClickHouseLogLevel.OFF }, ...options }),
    ),
    (client) => Effect.promise(() => client.close()),
  )

/** The error that the call fails with; a call that succeeds is the failure of the test. */
export const failure = (call: Promise<unknown>): Effect.Effect<Error> => {
  // At once: the call may fail long before anybody waits for it.
  const settled = call.then(
    () => undefined,
    (error: unknown) => error,
  )
  return Effect.promise(async () => {
    const error = await settled
    if (error instanceof Error) return error
    throw new Error("the call succeeded, and should have failed")
  })
}

export const serverError = (call: Promise<unknown>) =>
  Effect.map(failure(call), (error) => {
    if (!(error instanceof ClickHouseError)) throw error
    return { code: error.code, type: error.type }
  })

export const rows = <A = Record<string, unknown>>(
  client: ClickHouseClient,
  query: string,
  options: Omit<Parameters<ClickHouseClient["query"]>[0], "query" | "format"> = {},
): Effect.Effect<Array<A>> =>
  Effect.promise(async () => {
    const result = await client.query({ ...options, query, format: "JSONEachRow" })
    return result.json<A>()
  })

/** What arrives at the socket, without a client's opinion of it. */
export const raw = Effect.fn("raw")(function* (
  sql: string | Uint8Array<ArrayBuffer>,
  settings: Readonly<Record<string, string | number>> = {},
  init: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
) {
  const server = yield* ClickHouseServer
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(settings)) query.set(name, String(value))
  const response = yield* Effect.promise(() =>
    fetch(`${server.url}/?${query.toString()}`, {
      method: "POST",
      body: sql,
      ...init,
      headers: { "X-ClickHouse-User": server.user, "X-ClickHouse-Key": server.password, ...init.headers },
    }),
  )
  return response
})

/** The body, and whether the connection ended it as HTTP demands. */
export const bodyOf = (response: Response): Effect.Effect<{ readonly bytes: Buffer; readonly whole: boolean }> =>
  Effect.promise(async () => {
    const chunks: Array<Uint8Array> = []
    try {
      for await (const chunk of response.body ?? []) chunks.push(chunk as Uint8Array)
      return { bytes: Buffer.concat(chunks), whole: true }
    } catch {
      return { bytes: Buffer.concat(chunks), whole: false }
    }
  })
