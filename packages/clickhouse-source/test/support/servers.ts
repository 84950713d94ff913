/** Servers between the source and the engine, or in its place, for failures that no engine can be asked for. */
import {
  createServer,
  type IncomingHttpHeaders,
  request as httpRequest,
  type RequestListener,
  type ServerResponse,
} from "node:http"
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { DevClickHouse } from "@batch-exports/dev-services"
import { Effect, type Scope } from "effect"

export interface Reachable {
  readonly url: string
  readonly user: string
  readonly password: string
}

const listening = (listener: RequestListener, tls?: TlsOptions): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      return server
    }),
    (server) =>
      Effect.promise(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }),
  ).pipe(
    Effect.map((server) => `http${tls === undefined ? "" : "s"}://127.0.0.1:${(server.address() as AddressInfo).port}`),
  )

/** The answer of an export, as it passed. */
export interface Travelled {
  readonly encoding: string | undefined
  bytes: number
}

export interface Troubled extends Reachable {
  readonly travelled: ReadonlyArray<Travelled>
}

/** Passes everything on to the engine, with TLS before it and the headers as they are to be. */
export const encrypted = (
  engine: Reachable,
  tls: TlsOptions,
  headers: (given: IncomingHttpHeaders) => IncomingHttpHeaders = (given) => given,
): Effect.Effect<Reachable, never, Scope.Scope> =>
  Effect.map(
    listening((request, response) => {
      const onward = httpRequest(
        `${engine.url}${request.url ?? ""}`,
        { method: request.method ?? "POST", headers: headers(request.headers) },
        (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
      )
      onward.on("error", () => response.destroy())
      response.on("close", () => onward.destroy())
      request.pipe(onward)
    }, tls),
    (url) => ({ ...engine, url }),
  )

/** Passes on what asks for no inline template, and refuses that as a server of 2023 does; `devSettings` as for `troubled`. */
export const withoutTemplates = (
  engine: Reachable,
  devSettings = "",
): Effect.Effect<Reachable & { readonly refused: () => number }, never, Scope.Scope> =>
  Effect.suspend(() => {
    let refused = 0
    return Effect.map(
      listening((request, response) => {
        if (request.url?.includes("format_template_row_format") === true) {
          refused += 1
          request.resume()
          return void response
            .writeHead(404, { "X-ClickHouse-Exception-Code": "115" })
            .end("Code: 115. DB::Exception: Unknown setting format_template_row_format. (UNKNOWN_SETTING)")
        }
        const reads = request.url?.includes("format_custom_field_delimiter") === true
        const onward = httpRequest(
          `${engine.url}${request.url ?? ""}`,
          {
            method: request.method ?? "POST",
            headers: { ...request.headers, ...(reads && devSettings !== "" ? { "X-Dev-Settings": devSettings } : {}) },
          },
          (answer) => {
            answer.on("error", () => response.destroy())
            answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers))
          },
        )
        onward.on("error", () => response.destroy())
        response.on("close", () => onward.destroy())
        return request.pipe(onward)
      }),
      (url) => ({ ...engine, url, refused: () => refused }),
    )
  })

/** Passes everything on, until it dies: with everything that is under way. */
export const mortal = (
  engine: Reachable,
): Effect.Effect<Reachable & { readonly die: () => void; readonly asked: () => number }, never, Scope.Scope> =>
  Effect.suspend(() => {
    let dead = false
    let asked = 0
    const sockets = new Set<Socket>()
    return Effect.map(
      listening((request, response) => {
        asked += 1
        sockets.add(request.socket)
        if (dead) return void request.socket.destroy()
        const onward = httpRequest(
          `${engine.url}${request.url ?? ""}`,
          { method: request.method ?? "POST", headers: request.headers },
          (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
        )
        onward.on("error", () => response.destroy())
        response.on("close", () => onward.destroy())
        return request.pipe(onward)
      }),
      (url) => ({
        ...engine,
        url,
        asked: () => asked,
        die: () => {
          dead = true
          for (const socket of sockets) socket.destroy()
        },
      }),
    )
  })

/** Passes everything on to the engine; asks it to fail as `devSettings` say where an export is read. */
export const troubled = (engine: DevClickHouse, devSettings: string): Effect.Effect<Troubled, never, Scope.Scope> =>
  Effect.suspend(() => {
    const travelled: Array<Travelled> = []
    return Effect.map(
      listening((request, response) => {
        const reads = /format_template_row_format|output_format_parquet/.test(request.url ?? "")
        const onward = httpRequest(
          `${engine.url}${request.url ?? ""}`,
          {
            method: request.method ?? "POST",
            headers: { ...request.headers, ...(reads ? { "X-Dev-Settings": devSettings } : {}) },
          },
          (answer) => {
            const seen: Travelled = { encoding: answer.headers["content-encoding"], bytes: 0 }
            if (reads) travelled.push(seen)
            answer.on("data", (chunk: Buffer) => (seen.bytes += chunk.length))
            response.writeHead(answer.statusCode ?? 500, answer.headers)
            answer.on("error", () => response.destroy())
            answer.pipe(response)
          },
        )
        onward.on("error", () => response.destroy())
        response.on("close", () => onward.destroy())
        request.pipe(onward)
      }),
      (url) => ({ url, user: engine.user, password: engine.password, travelled }),
    )
  })

/** What a request asked for: the settings and parameters in the URL. */
export interface Asked {
  readonly params: URLSearchParams
  readonly query: string
}

/** Answers as it is told, in the engine's place. */
export const replaying = (
  answer: (asked: Asked, response: ServerResponse) => void,
): Effect.Effect<Reachable, never, Scope.Scope> =>
  Effect.map(
    listening((request, response) => {
      const body: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => body.push(chunk))
      request.on("end", () =>
        answer(
          { params: new URL(request.url ?? "", "http://server").searchParams, query: Buffer.concat(body).toString() },
          response,
        ),
      )
    }),
    (url) => ({ url, user: "default", password: "secret" }),
  )

/** The nonce of the trailer that a query asked for. */
export const nonceOf = ({ params }: Asked): string =>
  (params.get("format_template_resultset_format") ?? "").replace("${data}", "").replace("${rows:Raw}", "")
