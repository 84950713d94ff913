/** Reads an HTTP request: the statement, its data, its settings. */
import { randomUUID } from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { Readable } from "node:stream"
import { type Encoding, decompressed, negotiate } from "./compression.ts"
import { Exception } from "./Exception.ts"
import { type Failure, readFailure } from "./failure.ts"
import { readSettings } from "./settings.ts"

export interface QueryRequest {
  readonly id: string
  /** In the URL, to be followed by the body; empty when the body is all. */
  readonly head: string
  readonly body: Readable
  readonly database: string
  readonly settings: ReadonlyMap<string, string>
  readonly parameters: ReadonlyMap<string, string>
  /** Where the statement has no FORMAT clause. */
  readonly defaultFormat: string
  readonly compression: { readonly encoding: Encoding; readonly level: number } | undefined
  /** Errors that come late still get their HTTP status, because nothing is sent before the end. */
  readonly waitForEnd: boolean
  readonly failure: Failure
}

/** `X-Dev-Settings` carries settings where a client's URL cannot be changed. */
const ownHeader = "x-dev-settings"

export const readRequest = async (
  request: IncomingMessage,
  url: URLSearchParams,
  defaults: Readonly<Record<string, string | number>>,
): Promise<QueryRequest> => {
  const body = decompressed(request, request.headers["content-encoding"])
  const form = isForm(request) ? await readForm(request, body) : undefined
  const settings = readSettings(
    Object.entries(defaults).map(([name, value]) => [name, String(value)] as const),
    url,
    form ?? [],
    new URLSearchParams(header(request, ownHeader) ?? ""),
  )
  if (url.get("decompress") === "1" || url.get("compress") === "1")
    throw new Exception(48, "NOT_IMPLEMENTED", "The embedded server does not do the native compression")
  const encoding =
    url.get("enable_http_compression") === "1" ? negotiate(request.headers["accept-encoding"]) : undefined
  return {
    id: url.get("query_id") || randomUUID(),
    head: (url.get("query") ?? "") + (form?.get("query") ?? ""),
    body,
    database: url.get("database") || header(request, "x-clickhouse-database") || "default",
    settings: settings.query,
    parameters: settings.parameters,
    defaultFormat: url.get("default_format") || header(request, "x-clickhouse-format") || "TabSeparated",
    compression:
      encoding === undefined ? undefined : { encoding, level: Number(url.get("http_zlib_compression_level") ?? 3) },
    waitForEnd: url.get("wait_end_of_query") === "1",
    failure: readFailure(settings.own),
  }
}

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === "string" ? value : value?.[0]
}

const isForm = (request: IncomingMessage) => request.headers["content-type"]?.startsWith("multipart/form-data") === true

/** The statement and its parameters may come as a form, when they are too long for a URL. */
const readForm = async (request: IncomingMessage, body: Readable): Promise<Map<string, string>> => {
  const form = await new Response(await readAll(body), {
    headers: { "content-type": request.headers["content-type"] ?? "" },
  })
    .formData()
    .catch(() => {
      throw new Exception(36, "BAD_ARGUMENTS", "The multipart body cannot be read")
    })
  const parts = new Map<string, string>()
  for (const [name, value] of form) {
    if (typeof value !== "string" || (name !== "query" && !name.startsWith("param_")))
      throw new Exception(48, "NOT_IMPLEMENTED", "The embedded server does not do external tables")
    parts.set(name, value)
  }
  return parts
}

export const readAll = async (body: Readable): Promise<Buffer<ArrayBuffer>> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
