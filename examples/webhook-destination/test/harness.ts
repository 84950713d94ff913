/** A receiver as somebody would write one: it takes what arrives whole, and answers. */
import { Harness } from "@batch-exports/conformance"
import { jsonl, readBack } from "@batch-exports/conformance/encoders"
import { Effect, Layer, type Scope } from "effect"
import { createServer } from "node:http"
import { Answered, classify, codes, statuses } from "../src/failures.ts"

export const token = "a token of the receiver"

export interface Received {
  readonly key: string
  readonly bytes: Buffer
}

export interface Receiver {
  readonly port: number
  readonly received: Array<Received>
  readonly connections: () => number
}

/** `status` answers every request whose body has arrived. */
export const receiver = (status = 204): Effect.Effect<Receiver, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Receiver & { readonly stop: () => void }>((resume) => {
        const received: Array<Received> = []
        let connections = 0
        const server = createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("error", () => undefined)
          request.on("data", (chunk: Buffer) => chunks.push(chunk))
          request.on("end", () => {
            const allowed = request.headers.authorization === `Bearer ${token}`
            response.statusCode = allowed ? status : 401
            if (allowed && status < 300 && request.method === "POST") {
              received.push({ key: String(request.headers["idempotency-key"]), bytes: Buffer.concat(chunks) })
            }
            response.end()
          })
        })
        server.on("connection", (socket) => {
          connections += 1
          socket.on("close", () => (connections -= 1))
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          const stop = () => {
            server.close()
            server.closeAllConnections()
          }
          resume(Effect.succeed({ port, received, connections: () => connections, stop }))
        })
      }),
      ({ stop }) => Effect.sync(stop),
    ),
    (made): Receiver => made,
  )

const target = ({ connections, port, received }: Receiver): Harness.Target => {
  const config = (host: string, at: number) => ({ url: `http://${host}:${at}/records`, token, maxRows: 7 })
  return {
    config: config("127.0.0.1", port),
    rows: (fields) => Effect.sync(() => readBack(jsonl, fields, Buffer.concat(received.map(({ bytes }) => bytes)))),
    leftovers: Effect.sync(() => (connections() === 0 ? [] : [`${connections()} connections`])),
    network: { server: { host: "127.0.0.1", port }, through: (proxy) => config(proxy.host, proxy.port) },
    misconfigured: [
      {
        when: "the token is wrong",
        config: { ...config("127.0.0.1", port), token: "some other token" },
        step: "reach",
        reason: "AuthenticationFailed",
      },
    ],
  }
}

const failing = (code: string) => Object.assign(new Error(code), { code })

export const layer = Layer.succeed(Harness.Harness, {
  module: new URL("../src/index.ts", import.meta.url).href,
  fresh: Effect.map(receiver(), target),
  failures: {
    classify,
    examples: [
      ...Object.entries(codes).map(([code, reason]) => ({ error: failing(code), reason })),
      ...Object.entries(statuses).map(([status, reason]) => ({ error: new Answered(Number(status)), reason })),
      { error: new Answered(500), reason: "TooBusy" },
      { error: new Answered(422), reason: "DataRejected" },
      { error: new Answered(302), reason: "Unknown" },
    ],
  },
})
