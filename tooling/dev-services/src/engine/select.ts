/** Statements that answer with rows: block by block where the format allows it, else in one piece. */
import { randomBytes } from "node:crypto"
import type { Answering } from "./Answering.ts"
import type { Block } from "./chdb.ts"
import { Exception, taggedBlock } from "./Exception.ts"
import { contentType, isConcatenable } from "./formats.ts"
import { type Framing, framing } from "./framing.ts"
import { ClientGone } from "./output.ts"
import { setStatement } from "./settings.ts"
import type { Statement } from "./statement.ts"
import { summary } from "./summary.ts"

export const answerRows = async (statement: Statement, answering: Answering): Promise<void> => {
  const { query, response } = answering
  const format = statement.format ?? query.defaultFormat
  const frame = framing(format, statement, query.settings)
  const started = process.hrtime.bigint()
  const head = (fields: Parameters<typeof summary>[1]) => {
    response.setHeader("X-ClickHouse-Format", format)
    response.setHeader("Content-Type", contentType(format))
    response.setHeader("X-ClickHouse-Summary", summary(started, fields))
  }
  const setting = (name: string) => statement.settings.get(name)?.text ?? query.settings.get(name)
  const streams = statement.verb === "select" && !query.waitForEnd
  if (streams && (frame !== undefined || isConcatenable(format, setting)))
    return stream(statement, format, frame, answering, head)
  const { bytes, rows } = await answering.connection.query(statement.sql, format)
  head({ result_rows: rows, result_bytes: bytes.length })
  await telling(answering, randomTag(answering), undefined, async () => {
    await answering.output.write(bytes)
    answering.output.complete()
  })
}

const stream = async (
  statement: Statement,
  format: string,
  frame: Framing | undefined,
  answering: Answering,
  head: (fields: Parameters<typeof summary>[1]) => void,
): Promise<void> => {
  const { connection, output } = answering
  if (frame !== undefined) await connection.query(setStatement(frame.settings))
  const blocks = connection.stream(frame?.sql ?? statement.sql, format)
  // What fails before the first block still gets its HTTP status.
  let block = await blocks.next()
  head({})
  let rows = 0
  let next: Promise<Block | undefined> | undefined
  const tag = randomTag(answering)
  try {
    await telling(
      answering,
      tag,
      () => frame?.after(rows),
      async () => {
        if (frame !== undefined) await output.write(frame.before)
        while (block !== undefined) {
          // The engine reads nothing ahead: it makes one block while the one before is sent.
          next = blocks.next()
          next.catch(() => {})
          if (block.rows > 0) {
            if (frame !== undefined && rows > 0) await output.write(frame.between)
            await output.write(block.bytes)
            rows += block.rows
          }
          block = await next
        }
        if (frame !== undefined) await output.write(frame.after(rows))
        output.complete()
      },
    )
  } finally {
    await next?.catch(() => {})
  }
}

/** The client learns the tag from a header, before anything can go wrong; servers before 25.11 have none. */
const randomTag = ({ query, response }: Answering): string => {
  const tag = randomBytes(8).toString("hex")
  if (query.failure.style === "tagged") response.setHeader("X-ClickHouse-Exception-Tag", tag)
  return tag
}

/** Runs `write`; an exception that comes after the first byte is told in the style that the request asks for. */
const telling = async (
  { output, query, version }: Answering,
  tag: string,
  tail: (() => Buffer | undefined) | undefined,
  write: () => Promise<void>,
): Promise<void> => {
  try {
    await write()
  } catch (error) {
    if (error instanceof ClientGone || !output.begun()) throw error
    const text = Exception.from(error).render(version)
    const printed = query.failure.tail ? tail?.() : undefined
    if (printed !== undefined) await output.writeAnyway(printed)
    switch (query.failure.style) {
      case "tagged":
        return output.writeAnyway(Buffer.from(taggedBlock(text, tag)))
      case "untagged":
        return output.writeAnyway(Buffer.from(text))
      case "cut":
        return output.cut()
      case "silent":
        return
    }
  }
}
