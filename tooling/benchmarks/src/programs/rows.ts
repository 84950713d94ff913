/** INSERTs of many rows with parameters. One transaction, since a commit per batch would only be slower. */
import type { Place } from "../contestants/Contestant.ts"
import { columnList, columns } from "../projection.ts"
import { clickHouse, postgres } from "./connections.ts"
import { program } from "./program.ts"
import { records, type Value } from "./records.ts"

/** A statement has at most 65,535 parameters. */
const perStatement = 500

void program(async ({ place }: { readonly place: Place }) => {
  const source = clickHouse(place.clickHouse)
  const target = await postgres(place.postgres)
  const into = `INSERT INTO ${place.postgres.schema}.${place.postgres.table} (${columnList}) VALUES`
  const insert = async (rows: ReadonlyArray<ReadonlyArray<Value>>) => {
    const tuples = rows.map(
      (_, row) => `(${columns.map((_column, index) => `$${row * columns.length + index + 1}`).join(", ")})`,
    )
    await target.query(`${into} ${tuples.join(", ")}`, rows.flat())
  }
  await target.query("BEGIN")
  let waiting: Array<ReadonlyArray<Value>> = []
  for await (const batch of records(source, place)) {
    for (const row of batch) {
      waiting.push(row)
      if (waiting.length < perStatement) continue
      await insert(waiting)
      waiting = []
    }
  }
  if (waiting.length > 0) await insert(waiting)
  await target.query("COMMIT")
  await target.end()
  await source.close()
  return {}
})
