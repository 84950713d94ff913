/** Many persons and sessions, made by ClickHouse itself. */
import { createPersonTables, createSessionTables } from "@batch-exports/fixtures"
import type { ClickHouseClient } from "@clickhouse/client"

const uuid = (salt: number) => `toUUID(UUIDNumToString(sipHash128(n, ${salt})))`

const newYear = "toDateTime('2026-01-01 00:00:00', 'UTC')"

/** Every tenth person was stored twice. Every sixth has two names; or there are so many `mappings`, all with short documents. */
export const makePersons = async (
  client: ClickHouseClient,
  database: string,
  count: number,
  mappings?: number,
): Promise<number> => {
  await createPersonTables(client, database)
  const longest = mappings === undefined ? 900 : 1
  const person = (version: number, every: number) => `
INSERT INTO ${database}.person SELECT ${uuid(1)}, toDateTime64(${newYear}, 3), 1,
  concat('{"email":"user', toString(n), '@example.com","bio":"', repeat('x', 50 + n % ${longest}), '"}'), 1, 0, ${version},
  ${newYear} + n % 3600, 0 FROM (SELECT number * ${every} AS n FROM numbers(${Math.floor(count / every)}))`
  const mapping = (salt: number, every: number) => `
INSERT INTO ${database}.person_distinct_id2 SELECT 1, toString(${uuid(salt)}), ${uuid(1)}, 0, 0, ${newYear} + n % 3600, 0, 0
FROM (SELECT number * ${every} AS n FROM numbers(${Math.floor(count / every)}))`
  const names =
    mappings === undefined
      ? [mapping(10, 1), mapping(20, 6)]
      : [
          `INSERT INTO ${database}.person_distinct_id2 SELECT 1, toString(toUUID(UUIDNumToString(sipHash128(m, 30)))), ${uuid(1)}, 0, 0, ${newYear} + m % 3600, 0, 0
FROM (SELECT number AS m, toUInt64(number % ${count}) AS n FROM numbers(${mappings}))`,
        ]
  for (const query of [person(1, 1), person(2, 10), ...names]) await client.command({ query })
  return mappings ?? count + Math.floor(count / 6)
}

/** The next day, so many persons change: how many mappings that makes with so many names each. */
export const changePersons = async (client: ClickHouseClient, database: string, count: number): Promise<void> => {
  await client.command({
    query: `INSERT INTO ${database}.person SELECT ${uuid(1)}, toDateTime64(${newYear}, 3), 1, '{"changed":true}', 1, 0, 3,
  ${newYear} + 86400 + n % 3600, 0 FROM (SELECT number * 7 AS n FROM numbers(${count}))`,
  })
}

/** Two events each, which the materialized view turns into sessions. */
export const makeSessions = async (client: ClickHouseClient, database: string, count: number): Promise<number> => {
  await createSessionTables(client, database)
  const step = 250_000
  for (let from = 0; from < count; from += step) {
    await client.command({
      query: `
INSERT INTO ${database}.events (uuid, event, properties, timestamp, team_id, distinct_id, created_at, _timestamp, inserted_at)
SELECT toUUID(UUIDNumToString(sipHash128(n, k))), k = 0 ? '$pageview' : '$autocapture',
  concat('{"$session_id":"', lower(hex(toUInt32(bitShiftRight(millis, 16)))), '-', leftPad(lower(hex(toUInt16(millis % 65536))), 4, '0'),
    '-7', substring(leftPad(lower(hex(cityHash64(n))), 16, '0'), 1, 3), '-8', substring(leftPad(lower(hex(cityHash64(n, 1))), 16, '0'), 1, 3), '-', substring(leftPad(lower(hex(cityHash64(n, 2))), 16, '0'), 1, 12),
    '","$current_url":"https://shop.example.com/products/', toString(n % 5000), '?k=', toString(k),
    '","$referring_domain":"www.google.com","utm_source":"newsletter","utm_campaign":"', repeat('c', n % 60), '"}'),
  fromUnixTimestamp64Milli(millis + k * 4000, 'UTC'), 1, concat('user', toString(n % 100000)), now64(6),
  toDateTime('2026-01-01 01:00:00', 'UTC'), toDateTime64('2026-01-01 01:00:00', 6, 'UTC') + n % 60
FROM (SELECT number AS n, toInt64(1767225600000 + n % 3600000) AS millis FROM numbers(${from}, ${Math.min(step, count - from)})) ARRAY JOIN [0, 1] AS k`,
    })
  }
  return count
}
