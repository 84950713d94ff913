/** ClickHouse's HTTP interface over the embedded engine, as far as clients use it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import { authenticate } from "./auth.ts"
import type { Engine } from "./chdb.ts"
import { Exception, httpStatus } from "./Exception.ts"
import { insert } from "./insert.ts"
import { ClientGone, openOutput } from "./output.ts"
import { type QueryRequest, readAll, readRequest } from "./request.ts"
import { type Answering, answerRows } from "./select.ts"
import { setStatement } from "./settings.ts"
import { insertHead, parse } from "./statement.ts"
import { summary } from "./summary.ts"
import { idSetting, killStatement, withClientIds } from "./visible.ts"

export interface FrontConfig {
  readonly password: string
  readonly settings: Readonly<Record<string, string | number>>
}

/** Those of a server: addresses of a megabyte, as settings and parameters travel in them, and inserts of any length. */
const limits = { keepAliveTimeout: 10_000, maxHeaderSize: 1 << 20, requestTimeout: 0 }

export const front = (engine: Engine, config: FrontConfig): Server => {
  const running = new Set<string>()
  return createServer(limits, (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost")
    response.setHeader("X-ClickHouse-Server-Display-Name", "embedded")
    if (
      url.pathname === "/ping" ||
      (request.method === "GET" && url.pathname === "/" && !url.searchParams.has("query"))
    )
      return void response.setHeader("Content-Type", "text/html; charset=UTF-8").end("Ok.\n")
    if (url.pathname !== "/") return void response.writeHead(404).end(`There is no handle ${url.pathname}\n`)
    void answer(engine, config, running, request, response, url.searchParams).catch((error: unknown) =>
      refuse(request, response, error, engine.version),
    )
  })
}

const refuse = (request: IncomingMessage, response: ServerResponse, error: unknown, version: string): void => {
  // A body that nobody reads would keep the client from reading our answer.
  request.resume()
  if (response.headersSent || error instanceof ClientGone) return void response.destroy()
  const exception = Exception.from(error)
  for (const name of ["Content-Encoding", "X-ClickHouse-Exception-Tag"]) response.removeHeader(name)
  response
    .writeHead(httpStatus(exception), {
      "Content-Type": "text/plain; charset=UTF-8",
      "X-ClickHouse-Exception-Code": String(exception.code),
    })
    .end(exception.render(version))
}

const answer = async (
  engine: Engine,
  config: FrontConfig,
  running: Set<string>,
  request: IncomingMessage,
  response: ServerResponse,
  url: URLSearchParams,
): Promise<void> => {
  authenticate(request.headers, url, config.password)
  const query = await readRequest(request, url, config.settings)
  if (running.has(query.id))
    throw new Exception(216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", `Query with id = ${query.id} is already running.`)
  response.setHeader("X-ClickHouse-Query-Id", query.id)
  response.setHeader("X-ClickHouse-Timezone", "UTC")
  running.add(query.id)
  const connection = engine.connect()
  const output = openOutput(response, query)
  try {
    if (query.database !== "default") await connection.query(`USE \`${query.database.replace(/[\\`]/g, "\\$&")}\``)
    if (query.parameters.size > 0) {
      // The limit is for the client's statement; here, parameters become a statement too.
      await connection.query("SET max_query_size = 0")
      await connection.query(setStatement(query.parameters))
    }
    await connection.query(setStatement(new Map([...query.settings, [idSetting, query.id]])))
    await execute({ query, connection, response, output, version: engine.version }, engine)
  } finally {
    await connection.close()
    running.delete(query.id)
  }
  // Only now, so that who has read the end may use the id again and finds no query running.
  await output.end()
}

const execute = async (answering: Answering, engine: Engine): Promise<void> => {
  const { connection, query, response } = answering
  const { body, text } = await statementOf(query)
  // Data are bytes of any kind: with one character per byte, places in the text are places in the bytes.
  const head = insertHead(text.toString("latin1"))
  if (head !== undefined) {
    const started = process.hrtime.bigint()
    const sql = text.subarray(0, head.prefixEnd).toString()
    const leading = text.subarray(head.dataAt ?? text.length)
    const written = await insert(connection, sql, { ...head, prefixEnd: sql.length }, leading, body)
    response.setHeader("Content-Type", "text/plain; charset=UTF-8")
    response.setHeader(
      "X-ClickHouse-Summary",
      summary(started, { written_rows: written.rowsWritten, written_bytes: written.bytesWritten }),
    )
    return
  }
  const statement = parse(text.toString())
  if (statement.verb !== "select") return answerRows({ ...statement, sql: withClientIds(statement) }, answering)
  await whileHeard(engine, query.id, response, () => answerRows(parse(withClientIds(statement)), answering))
}

/** Cancels the query when its client goes. */
const whileHeard = async (
  engine: Engine,
  id: string,
  response: ServerResponse,
  run: () => Promise<void>,
): Promise<void> => {
  if (response.destroyed) throw new ClientGone()
  const finished = new AbortController()
  const gone = async () => {
    // More than once: the first may come before the engine has begun.
    while (!finished.signal.aborted) {
      await engine.control.query(killStatement(id)).catch(() => {})
      await sleep(100, undefined, { signal: finished.signal }).catch(() => {})
    }
  }
  const listener = () => void gone()
  response.once("close", listener)
  try {
    await run()
  } finally {
    finished.abort()
    response.off("close", listener)
  }
}

/** The statement stands in the URL, in the body, or begins in the one and goes on in the other. */
const statementOf = async (query: QueryRequest): Promise<{ readonly text: Buffer; readonly body: Readable }> => {
  const inUrl = Buffer.from(query.head)
  const head = query.head === "" ? undefined : insertHead(query.head)
  if (head?.dataAt !== undefined) return { text: inUrl, body: query.body }
  const rest = query.body.readableEnded ? Buffer.alloc(0) : await readAll(query.body)
  const gap = inUrl.length > 0 && rest.length > 0 ? "\n" : ""
  return { text: Buffer.concat([inUrl, Buffer.from(gap), rest]), body: Readable.from([]) }
}
