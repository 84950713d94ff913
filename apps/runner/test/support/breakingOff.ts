/** A ClickHouse that fails in the middle of an answer: the real one's own bytes, up to where it fails, and what it says then. */
import { Effect, type Scope } from "effect"
import { createServer, request as httpRequest } from "node:http"
import type { AddressInfo } from "node:net"

const message = "Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)"

export interface Breaking {
  readonly url: string
  /** How the next answers end. `at`: a share of the rows' bytes. */
  how: {
    readonly at: number
    /** As servers since 25.11, which mark an exception, or as older ones. */
    readonly marked: boolean
    /** What the engine may do all the same, and only older ones without being noticed. */
    readonly withTrailer: boolean
  }
}

export const breakingOff = (engine: string): Effect.Effect<Breaking, never, Scope.Scope> => {
  const made: { how: Breaking["how"] } = { how: { at: 0, marked: false, withTrailer: false } }
  const server = createServer((request, response) => {
    const template = new URL(request.url ?? "", "http://server").searchParams.get("format_template_resultset_format")
    const onward = httpRequest(
      `${engine}${request.url ?? ""}`,
      { method: request.method ?? "POST", headers: request.headers },
      (answer) => {
        const { "x-clickhouse-exception-tag": tag, ...headers } = answer.headers
        if (template === null) return void answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers))
        const body: Array<Buffer> = []
        answer.on("data", (chunk: Buffer) => body.push(chunk))
        answer.on("end", () => {
          const { at, marked, withTrailer } = made.how
          const whole = Buffer.concat(body)
          const rows = whole.lastIndexOf(template.replace("${data}", "").replace("${rows:Raw}", ""))
          response.writeHead(
            200,
            marked && tag !== undefined ? { ...headers, "x-clickhouse-exception-tag": tag } : headers,
          )
          response.write(whole.subarray(0, Math.round(rows * at)))
          response.write(
            marked
              ? `\r\n__exception__\r\n${String(tag)}\r\n${message}\n${message.length + 1} ${String(tag)}\r\n__exception__\r\n`
              : `${message}\n`,
          )
          response.end(withTrailer ? whole.subarray(rows) : undefined)
        })
      },
    )
    onward.on("error", () => response.destroy())
    response.on("close", () => onward.destroy())
    request.pipe(onward)
  })
  return Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () =>
      Effect.promise(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }),
  ).pipe(Effect.map(() => Object.assign(made, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })))
}
