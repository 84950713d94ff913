/** The events that every contestant loads: made in ClickHouse by SQL, the same on every machine, all in one window. */
import { createEventsTable, eventsTable } from "@batch-exports/fixtures"
import type { ClickHouseClient } from "@clickhouse/client"
import { TEAM } from "./projection.ts"
import type { Scenario, Width } from "./scenarios.ts"
import {
  asciiJson,
  chains,
  eventNames,
  literal,
  people,
  phrases,
  plans,
  systems,
  titles,
  variants,
} from "./vocabulary.ts"

/** The hour in which all of them arrived. */
export const window = { start: "2025-01-15T10:00:00.000Z", end: "2025-01-15T11:00:00.000Z" }

/** Drops what an earlier scenario left. No event comes twice, and no merge is left to run during a measurement. */
export const makeEvents = async (
  client: ClickHouseClient,
  database: string,
  scenario: Scenario,
  signal: AbortSignal,
): Promise<void> => {
  await client.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC`, abort_signal: signal })
  await createEventsTable(client, database)
  await client.command({ query: insert(database, scenario), abort_signal: signal })
  await client.command({ query: `OPTIMIZE TABLE ${eventsTable(database)} FINAL`, abort_signal: signal })
}

const hash = (salt: string): string => `cityHash64(number, ${literal(salt)})`
const below = (bound: number, salt: string): string => `(${hash(salt)} % ${bound})`
const pick = (values: ReadonlyArray<string>, salt: string): string =>
  `[${values.map(literal).join(", ")}][1 + ${below(values.length, salt)}]`
/** As JSON strings. A third of them hold nothing but ASCII, as many clients write them. */
const json = (values: ReadonlyArray<string>, salt: string): string =>
  pick(
    values.flatMap((value) => [JSON.stringify(value), JSON.stringify(value), asciiJson(value)]),
    salt,
  )
const number = (bound: number, salt: string): string => `toString(${below(bound, salt)})`
const uuid = (salt: string): string =>
  `reinterpretAsUUID(bitShiftLeft(toUInt128(${hash(`${salt} high`)}), 64) + toUInt128(${hash(`${salt} low`)}))`

export const insert = (database: string, { rows, width }: Scenario): string => `INSERT INTO ${eventsTable(database)}
  (uuid, event, properties, timestamp, team_id, distinct_id, elements_chain, created_at, person_id, person_created_at,
   person_properties, _timestamp, _offset, inserted_at)
WITH
  fromUnixTimestamp64Micro(toInt64(${Date.parse(window.start) * 1_000} + intDiv(number * ${hourMicros}, ${rows})), 'UTC') AS arrived,
  ${pick(eventNames, "event")} AS name,
  ${uuid("person")} AS person
SELECT ${uuid("event")}, name, ${document(width)}, arrived - toIntervalMicrosecond(${below(20_000_000, "clock")}), ${TEAM},
  concat('user', ${number(rows, "visitor")}, '@example.com'), if(${below(100, "chain")} < 25, ${pick(chains, "which chain")}, ''),
  arrived, person, toDateTime64(arrived - 86400, 3), concat('{"plan":', ${json(plans, "plan")}, '}'),
  toDateTime(arrived), number, arrived
FROM numbers(${rows})`

const hourMicros = 3_600_000_000

/** How many feature flags and phrases fill a document up to its width. */
const filling: Readonly<Record<Width, { readonly flags: number; readonly phrases: number }>> = {
  narrow: { flags: 0, phrases: 0 },
  typical: { flags: 10, phrases: 11 },
  wide: { flags: 120, phrases: 122 },
}

/** Valid JSON with what real documents have: escapes, quotes, line breaks, other scripts, nested objects. */
const document = (width: Width): string => {
  const { flags, phrases: sentences } = filling[width]
  const members = [
    `'"$ip":"', ${number(256, "ip 1")}, '.', ${number(256, "ip 2")}, '.', ${number(256, "ip 3")}, '.7"'`,
    `',"$lib":"web","title":', ${json(titles, "title")}, ',"$os":', ${json(systems, "system")}`,
    `',"width":', ${number(4_000, "width")}, ',"price":', toString(${below(100_000, "price")} / 100)`,
    `',"$session_id":"', lower(hex(${hash("session")})), '"'`,
    `if(${below(100, "set")} < 35, concat(',"$set":{"name":', ${json(people, "name")}, ',"plan":', ${json(plans, "plan")}, '},"$set_once":{"first":', ${number(100_000, "first")}, '}'), '')`,
  ]
  if (flags > 0) {
    members.push(
      `',"$current_url":"https://shop.example.com/products/', ${number(10_000, "product")}, '?utm_source=newsletter","$geoip":{"city":"São Paulo","country":"BR","zone":"America/Sao_Paulo"}'`,
      `arrayStringConcat(arrayMap(i -> concat(',"$feature/flag-', toString(i), '":"', ${each(variants, "flag")}, '"'), range(${flags})))`,
    )
  }
  if (sentences > 0) {
    members.push(
      `',"text":"'`,
      `arrayStringConcat(arrayMap(i -> concat(${each(phrases, "phrase")}, ' ', toString(cityHash64(number, i) % 1000000), ' '), range(${sentences})))`,
      `'"'`,
    )
  }
  return `concat('{', ${members.join(", ")}, '}')`
}

/** Another of the values for each `i` of a lambda, already as it stands within a JSON string. */
const each = (values: ReadonlyArray<string>, salt: string): string =>
  `[${values.map((value) => literal(JSON.stringify(value).slice(1, -1))).join(", ")}][1 + cityHash64(number, i, ${literal(salt)}) % ${values.length}]`
