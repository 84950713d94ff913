/** The plain pipe without curl and psql: an HTTP answer into COPY. */
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { from as copyFrom } from "pg-copy-streams"
import type { Place } from "../contestants/Contestant.ts"
import { clickHouse, postgres } from "./connections.ts"
import { program } from "./program.ts"

interface Task {
  readonly place: Place
  readonly query: string
  readonly copy: string
  /** Hexadecimal. */
  readonly header: string
  readonly trailer: string
}

void program(async ({ copy, header, place, query, trailer }: Task) => {
  const source = clickHouse(place.clickHouse)
  const target = await postgres(place.postgres)
  const answer = await source.exec({ query })
  const into = target.query(copyFrom(copy))
  let bytes = 0
  const all = async function* () {
    if (header !== "") yield Buffer.from(header, "hex")
    for await (const chunk of answer.stream as AsyncIterable<Buffer>) {
      bytes += chunk.length
      yield chunk
    }
    if (trailer !== "") yield Buffer.from(trailer, "hex")
  }
  await pipeline(Readable.from(all(), { objectMode: false }), into)
  await target.end()
  await source.close()
  return { bytes }
})
