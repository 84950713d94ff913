/** Waits while ClickHouse writes to Postgres by itself. */
import type { Place } from "../contestants/Contestant.ts"
import { clickHouse } from "./connections.ts"
import { program } from "./program.ts"

void program(async ({ place, statement }: { readonly place: Place; readonly statement: string }) => {
  const client = clickHouse(place.clickHouse)
  await client.command({ query: statement })
  await client.close()
  return {}
})
