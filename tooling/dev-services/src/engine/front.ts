/** ClickHouse's HTTP interface over the embedded engine, as far as clients use it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { authenticate } from "./auth.ts"
import type { Connection, Engine } from "./chdb.ts"
import { Exception, httpStatus } from "./Exception.ts"
import { answerInsert } from "./insert.ts"
import { ClientGone, openOutput } from "./output.ts"
import { type QueryRequest, readRequest } from "./request.ts"
import { answerRows } from "./select.ts"
import { setStatement } from "./settings.ts"
import { taskOf } from "./task.ts"
import { idSetting, killStatement } from "./visible.ts"

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
  const task = await taskOf(query)
  if (running.has(query.id))
    throw new Exception(216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", `Query with id = ${query.id} is already running.`)
  response.setHeader("X-ClickHouse-Query-Id", query.id)
  response.setHeader("X-ClickHouse-Timezone", "UTC")
  running.add(query.id)
  const connection = engine.connect("insert" in task ? "query" : task.purpose)
  const output = openOutput(response, query)
  try {
    await prepare(connection, query)
    const answering = { query, connection, response, output, version: engine.version }
    if ("insert" in task) await answerInsert(task.insert, answering)
    else if (task.statement.verb !== "select") await answerRows(task.statement, answering)
    else await whileHeard(engine, query.id, response, () => answerRows(task.statement, answering))
  } finally {
    await connection.close()
    running.delete(query.id)
  }
  // Only now, so that who has read the end may use the id again and finds no query running.
  await output.end()
}

const prepare = async (connection: Connection, query: QueryRequest): Promise<void> => {
  if (query.database !== "default") await connection.query(`USE \`${query.database.replace(/[\\`]/g, "\\$&")}\``)
  if (query.parameters.size > 0) {
    // The limit is for the client's statement; here, parameters become a statement too.
    await connection.query("SET max_query_size = 0")
    await connection.query(setStatement(query.parameters))
  }
  await connection.query(setStatement(new Map([...query.settings, [idSetting, query.id]])))
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
      await engine.kill(killStatement(id)).catch(() => {})
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
