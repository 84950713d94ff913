/** INSERT with data, in any input format. Lines go to the engine as they come; other formats are collected first. */
import type { Readable } from "node:stream"
import type { Connection, Written } from "./chdb.ts"
import type { InsertHead } from "./statement.ts"

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

export const insert = async (
  connection: Connection,
  sql: string,
  head: InsertHead,
  leading: Buffer,
  body: Readable,
): Promise<Written> => {
  const prefix = sql.slice(0, head.prefixEnd)
  // The engine counts what an INSERT … SELECT writes only when it is run as an insert with data.
  if (head.dataAt === undefined) return connection.insert(sql, Buffer.from(" "))
  const boundary = boundaries[head.format]
  const total = { rowsWritten: 0, bytesWritten: 0 }
  const flush = async (data: Buffer) => {
    if (data.length === 0) return
    const written = await connection.insert(prefix, data)
    total.rowsWritten += written.rowsWritten
    total.bytesWritten += written.bytesWritten
  }
  let kept: Array<Buffer> = leading.length === 0 ? [] : [leading]
  let size = leading.length
  for await (const chunk of body) {
    kept.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (boundary === undefined || size < chunkBytes) continue
    const data = Buffer.concat(kept)
    const end = data.lastIndexOf(boundary) + boundary.indexOf("\n") + 1
    if (end > boundary.indexOf("\n")) await flush(data.subarray(0, end))
    kept = [data.subarray(end > boundary.indexOf("\n") ? end : 0)]
    size = kept[0]?.length ?? 0
  }
  await flush(Buffer.concat(kept))
  return total
}
