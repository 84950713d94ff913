/** What answering one request works with. */
import type { ServerResponse } from "node:http"
import type { Connection } from "./chdb.ts"
import type { Output } from "./output.ts"
import type { QueryRequest } from "./request.ts"

export interface Answering {
  readonly query: QueryRequest
  readonly connection: Connection
  readonly response: ServerResponse
  readonly output: Output
  /** The engine's, for the text of exceptions. */
  readonly version: string
}
