/**
 * Random histories of people against the oracle: windows are read as a schedule would, and again in any order, the records are
 * taken in late, twice and in another order than they were read, and the target must end with the newest state of every key.
 */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import {
  createPersonTables,
  insertMappings,
  insertPersons,
  personHistory,
  PersonOracle,
  random,
  shuffled,
} from "@batch-exports/fixtures"
import { Effect } from "effect"
import { copyRecords } from "./support/copyText.ts"
import { client, configured, projection, readAll, window } from "./support/reading.ts"
import { seeds } from "./support/seeds.ts"

const hour = 3600
const start = Date.UTC(2026, 0, 1) / 1000
const hours = 8

const date = (seconds: number) => new Date(seconds * 1000)

const record = (row: Readonly<Record<string, string | null>>): PersonOracle.PersonRecord => ({
  team_id: Number(row["team_id"]),
  distinct_id: row["distinct_id"] ?? "",
  person_id: row["person_id"] ?? "",
  properties: row["properties"] ?? null,
  person_distinct_id_version: Number(row["person_distinct_id_version"]),
  person_version: Number(row["person_version"]),
  created_at: row["created_at"] ?? "",
  is_deleted: row["is_deleted"] === "t",
})

layer(ClickHouseServer.layer)("random histories of persons", (it) => {
  for (const seed of seeds) {
    it.effect(`end in the newest state of every key (seed ${seed})`, () =>
      Effect.gen(function* () {
        const server = yield* ClickHouseServer
        const connection = yield* client(server)
        const database = `persons_${seed}`
        const history = personHistory({
          seed,
          start: date(start),
          end: date(start + hours * hour),
          changes: 300,
          // Rows may come as late as the lookback allows.
          greatestLag: hour,
        })
        const dice = random(seed)
        yield* Effect.promise(() => createPersonTables(connection, database))
        const opened = yield* configured(server, {
          config: { database },
          // Sometimes everything, sometimes in several queries.
          selection: { name: "persons", teamId: "all", keysPerQuery: dice.pick([100, 1_000_000]) },
        }).open
        const names = opened.model.schema.fields.map(({ name }) => name)

        let seen = start - 1
        const arrive = Effect.fnUntraced(function* (until: number) {
          const arrived = ({ visible }: { readonly visible: number }) => visible > seen && visible <= until
          yield* Effect.promise(async () => {
            await insertPersons(connection, database, history.persons.filter(arrived))
            await insertMappings(connection, database, history.mappings.filter(arrived))
            if (!dice.chance(40)) return
            for (const table of ["person", "person_distinct_id2"])
              await connection.command({ query: `OPTIMIZE TABLE ${database}.${table} FINAL` })
          })
          seen = until
        })

        const read = Effect.fnUntraced(function* (index: number) {
          const from = start + index * hour
          const { text } = yield* readAll(opened, {
            projection: projection(opened.model, "postgres-copy-text", names),
            window: window(`${date(from).toISOString()}/${date(from + hour).toISOString()}`),
          })
          const records = copyRecords(text, names).map(record)
          const visible = PersonOracle.seenAt(history, seen)
          const state = PersonOracle.personState(visible)
          for (const found of records) {
            assert.deepStrictEqual(found, state.get(PersonOracle.personKey(found)), `seed ${seed}, window ${index}`)
          }
          const keys = new Set(records.map(PersonOracle.personKey))
          assert.strictEqual(keys.size, records.length, `seed ${seed}, window ${index}: a key twice`)
          const missed = [...PersonOracle.changedSince(visible, from - hour)].filter((key) => !keys.has(key))
          assert.deepStrictEqual(missed, [], `seed ${seed}, window ${index}`)
          return records
        })

        const target = new Map<string, PersonOracle.PersonRecord>()
        let held: Array<ReadonlyArray<PersonOracle.PersonRecord>> = []
        for (let index = 0; index <= hours; index++) {
          yield* arrive(start + (index + 1) * hour + dice.below(300))
          const again = dice.chance(40) ? [dice.below(index + 1)] : []
          for (const each of shuffled(dice, [index, ...again])) {
            const records = yield* read(each)
            // A slow run takes its records in when others are long done.
            if (dice.chance(25)) held.push(records)
            else PersonOracle.mergePersons(target, records)
          }
          if (dice.chance(30)) {
            for (const records of shuffled(dice, held)) PersonOracle.mergePersons(target, records)
            held = held.slice(0, 1)
          }
        }
        for (const records of shuffled(dice, [...held, ...held])) PersonOracle.mergePersons(target, records)

        const wanted = PersonOracle.personState(PersonOracle.seenAt(history, seen))
        assert.isAbove(wanted.size, 50)
        assert.deepStrictEqual(
          [...target].sort(([a], [b]) => (a < b ? -1 : 1)),
          [...wanted].sort(([a], [b]) => (a < b ? -1 : 1)),
          `seed ${seed}`,
        )
      }).pipe(Effect.scoped),
    )
  }
})
