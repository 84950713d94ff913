/** What a request asks for: an INSERT with its data, or a statement that answers with rows. */
import { Readable } from "node:stream"
import { type QueryRequest, readAll } from "./request.ts"
import { insertHead, parse, type Statement } from "./statement.ts"
import { withClientIds } from "./visible.ts"

export interface Insert {
  /** The statement up to where the data begin; all of an INSERT … SELECT. */
  readonly sql: string
  readonly format: string
  /** Undefined: INSERT … SELECT. */
  readonly data: { readonly leading: Buffer; readonly body: Readable } | undefined
}

export type Task =
  | { readonly insert: Insert }
  | { readonly statement: Statement; readonly purpose: "query" | "control" }

export const taskOf = async (query: QueryRequest): Promise<Task> => {
  const { body, text } = await statementOf(query)
  // Data are bytes of any kind: with one character per byte, places in the text are places in the bytes.
  const head = insertHead(text.toString("latin1"))
  if (head !== undefined) {
    const data = head.dataAt === undefined ? undefined : { leading: text.subarray(head.dataAt), body }
    return { insert: { sql: text.subarray(0, head.prefixEnd).toString(), format: head.format, data } }
  }
  const statement = parse(text.toString())
  const sql = withClientIds(statement)
  const isControl = statement.verb === "kill" || sql !== statement.sql
  return { statement: parse(sql), purpose: isControl ? "control" : "query" }
}

/** The statement stands in the URL, in the body, or begins in the one and goes on in the other. */
const statementOf = async (query: QueryRequest): Promise<{ readonly text: Buffer; readonly body: Readable }> => {
  const inUrl = Buffer.from(query.head)
  const head = query.head === "" ? undefined : insertHead(inUrl.toString("latin1"))
  if (head?.dataAt !== undefined) return { text: inUrl, body: query.body }
  const rest = query.body.readableEnded ? Buffer.alloc(0) : await readAll(query.body)
  const gap = inUrl.length > 0 && rest.length > 0 ? "\n" : ""
  return { text: Buffer.concat([inUrl, Buffer.from(gap), rest]), body: Readable.from([]) }
}
