/**
 * Random histories of visits against the oracle, out of the table that a materialized view keeps and out of the events:
 * windows are read as a schedule would, and again in any order, and the target must end with all that the events say.
 */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import {
  createSessionTables,
  insertSessionEvents,
  random,
  sessionHistory,
  SessionOracle,
} from "@batch-exports/fixtures"
import { Effect } from "effect"
import { client, configured, projection, readAll, window } from "./support/reading.ts"
import { seeds } from "./support/seeds.ts"

const hour = 3_600_000
const start = Date.UTC(2026, 0, 1)
const hours = 3

const records = (text: string): ReadonlyArray<SessionOracle.SessionRecord> =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as SessionOracle.SessionRecord)

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)

layer(ClickHouseServer.layer)("random histories of sessions", (it) => {
  for (const seed of seeds) {
    it.effect(`end in what their events say (seed ${seed})`, () =>
      Effect.gen(function* () {
        const server = yield* ClickHouseServer
        const connection = yield* client(server)
        const database = `sessions_${seed}`
        const events = sessionHistory({
          seed,
          start: new Date(start),
          end: new Date(start + hours * hour),
          sessions: 120,
          greatestLag: hour,
        })
        const dice = random(seed)
        yield* Effect.promise(() => createSessionTables(connection, database))
        const open = (from: string) =>
          configured(server, {
            config: { database },
            selection: { name: "sessions", teamId: "all", from, keysPerQuery: dice.pick([250, 1_000_000]) },
          }).open
        const sources = [
          ["sessions", yield* open("sessions"), new Map<string, SessionOracle.SessionRecord>()],
          ["events", yield* open("events"), new Map<string, SessionOracle.SessionRecord>()],
        ] as const
        const names = sources[0][1].model.schema.fields.map(({ name }) => name)

        let seen = start - 1
        const arrive = Effect.fnUntraced(function* (until: number) {
          yield* Effect.promise(async () => {
            const arrived = events.filter(({ visible }) => visible > seen && visible <= until)
            await insertSessionEvents(connection, database, arrived)
            if (dice.chance(40)) await connection.command({ query: `OPTIMIZE TABLE ${database}.raw_sessions_v3 FINAL` })
          })
          seen = until
        })

        for (let index = 0; index <= hours; index++) {
          yield* arrive(start + (index + 1) * hour + dice.below(300_000))
          for (const each of dice.chance(30) ? [dice.below(index + 1), index] : [index]) {
            const from = start + each * hour
            for (const [name, opened, target] of sources) {
              const about = `seed ${seed}, window ${each} from ${name}`
              const { text } = yield* readAll(opened, {
                projection: projection(opened.model, "jsonl", names),
                window: window(`${new Date(from).toISOString()}/${new Date(from + hour).toISOString()}`),
              })
              const found = records(text)
              const visible = SessionOracle.seenAt(events, seen)
              const state = SessionOracle.sessionState(visible)
              for (const record of found)
                assert.deepStrictEqual(record, state.get(SessionOracle.sessionKey(record)), about)
              const keys = new Set(found.map(SessionOracle.sessionKey))
              assert.strictEqual(keys.size, found.length, `${about}: a key twice`)
              const missed = [...SessionOracle.changedSince(visible, from - hour)].filter((key) => !keys.has(key))
              assert.deepStrictEqual(missed, [], about)
              SessionOracle.mergeSessions(target, found)
            }
          }
        }

        const wanted = [...SessionOracle.sessionState(SessionOracle.seenAt(events, seen))].sort(byKey)
        for (const [name, , target] of sources)
          assert.deepStrictEqual([...target].sort(byKey), wanted, `seed ${seed} from ${name}`)
        for (const field of names) {
          const values = new Set(wanted.map(([, record]) => JSON.stringify(record[field])))
          assert.isAbove(values.size, 1, `seed ${seed}: ${field} says nothing`)
        }
      }).pipe(Effect.scoped),
    )
  }
})
