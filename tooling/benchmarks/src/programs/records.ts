/** Events as JavaScript objects, and the target's values made from them: the way of code that works row by row. */
import type { ClickHouseClient } from "@clickhouse/client"
import type { Place } from "../contestants/Contestant.ts"
import { from } from "../projection.ts"

interface Event {
  readonly uuid: string
  readonly event: string
  readonly properties: string
  readonly elements_chain: string
  readonly distinct_id: string
  readonly team_id: number
  readonly timestamp: string
}

export type Value = string | null

/** Batches of events, as the client hands them out. */
export const records = async function* (
  client: ClickHouseClient,
  place: Place,
): AsyncGenerator<ReadonlyArray<ReadonlyArray<Value>>> {
  const result = await client.query({
    query: `SELECT uuid, event, properties, elements_chain, distinct_id, team_id, timestamp
${from({ database: place.clickHouse.database, ...place.window })}`,
    format: "JSONEachRow",
  })
  for await (const batch of result.stream<Event>()) yield batch.map((row) => values(row.json()))
}

/** In the order of the target's columns. */
const values = (event: Event): ReadonlyArray<Value> => {
  const properties = JSON.parse(event.properties) as Readonly<Record<string, unknown>>
  const ip = properties["$ip"]
  return [
    event.uuid,
    event.event,
    event.properties,
    event.elements_chain === "" ? null : JSON.stringify(event.elements_chain),
    json(properties["$set"]),
    json(properties["$set_once"]),
    event.distinct_id,
    String(event.team_id),
    typeof ip === "string" ? ip : null,
    null,
    `${event.timestamp}+00`,
  ]
}

const json = (value: unknown): Value => (value === undefined ? null : JSON.stringify(value))
