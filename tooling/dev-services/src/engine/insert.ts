/** INSERT with data, in any input format. Lines go to the engine as they come; other formats are collected first. */
import type { Answering } from "./Answering.ts"
import type { Connection, Written } from "./chdb.ts"
import { summary } from "./summary.ts"
import type { Insert } from "./task.ts"

/** A place between two rows, in formats where it can be told from the bytes alone. */
const boundaries: Readonly<Record<string, string>> = {
  JSONEachRow: "}\n{",
  JSONLines: "}\n{",
  NDJSON: "}\n{",
  JSONCompactEachRow: "]\n[",
  TabSeparated: "\n",
  TSV: "\n",
}

const chunkBytes = 16 << 20

export const answerInsert = async (insert: Insert, { connection, response }: Answering): Promise<void> => {
  const started = process.hrtime.bigint()
  const written = await write(connection, insert)
  response.setHeader("Content-Type", "text/plain; charset=UTF-8")
  response.setHeader(
    "X-ClickHouse-Summary",
    summary(started, { written_rows: written.rowsWritten, written_bytes: written.bytesWritten }),
  )
}

const write = async (connection: Connection, { data, format, sql }: Insert): Promise<Written> => {
  // The engine counts what an INSERT … SELECT writes only when it is run as an insert with data.
  if (data === undefined) return connection.insert(sql, Buffer.from(" "))
  const boundary = boundaries[format]
  const total = { rowsWritten: 0, bytesWritten: 0 }
  const flush = async (bytes: Buffer) => {
    if (bytes.length === 0) return
    const written = await connection.insert(sql, bytes)
    total.rowsWritten += written.rowsWritten
    total.bytesWritten += written.bytesWritten
  }
  let kept: Array<Buffer> = [data.leading]
  let size = data.leading.length
  for await (const chunk of data.body) {
    kept.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (boundary === undefined || size < chunkBytes) continue
    const bytes = Buffer.concat(kept)
    const last = bytes.lastIndexOf(boundary)
    const end = last === -1 ? 0 : last + boundary.indexOf("\n") + 1
    await flush(bytes.subarray(0, end))
    kept = [bytes.subarray(end)]
    size = bytes.length - end
  }
  await flush(Buffer.concat(kept))
  return total
}
