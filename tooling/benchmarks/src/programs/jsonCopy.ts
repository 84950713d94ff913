/** COPY text, written in JavaScript from objects. */
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { from as copyFrom } from "pg-copy-streams"
import type { Place } from "../contestants/Contestant.ts"
import { columnList } from "../projection.ts"
import { clickHouse, postgres } from "./connections.ts"
import { program } from "./program.ts"
import { records, type Value } from "./records.ts"

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" }

/** https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
const field = (value: Value): string =>
  value === null ? "\\N" : value.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? found)

void program(async ({ place }: { readonly place: Place }) => {
  const source = clickHouse(place.clickHouse)
  const target = await postgres(place.postgres)
  const into = target.query(
    copyFrom(`COPY ${place.postgres.schema}.${place.postgres.table} (${columnList}) FROM STDIN`),
  )
  let bytes = 0
  const lines = async function* () {
    for await (const batch of records(source, place)) {
      const chunk = Buffer.from(batch.map((row) => `${row.map(field).join("\t")}\n`).join(""))
      bytes += chunk.length
      yield chunk
    }
  }
  await pipeline(Readable.from(lines(), { objectMode: false }), into)
  await target.end()
  await source.close()
  return { bytes }
})
