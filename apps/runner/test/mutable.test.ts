/**
 * Persons and sessions all the way: random histories through ClickHouse into Postgres, in windows that run in any order, again
 * by force, and are given up in the middle. The table must end as the oracle says.
 */
import { ClickHouseServer, PostgresServer } from "@batch-exports/dev-services"
import {
  createPersonTables,
  createSessionTables,
  insertMappings,
  insertPersons,
  insertSessionEvents,
  personHistory,
  PersonOracle,
  random,
  sessionHistory,
  SessionOracle,
  shuffled,
} from "@batch-exports/fixtures"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { hoursFrom, type Mutable, mutable } from "./support/mutable.ts"

const seed = Number(process.env["HISTORY_SEED"] ?? 20_260_201)
const hour = 3_600_000
const start = Date.UTC(2026, 0, 1)
const hours = 3
const span = { seed, start: new Date(start), end: new Date(start + hours * hour) }

/** Every window runs at some time after its end, some twice, some attempts are given up. */
const exportAll = Effect.fnUntraced(function* (
  { attempt }: Pick<Mutable, "attempt">,
  arrive: (until: number) => Promise<void>,
) {
  const dice = random(seed)
  const pending = new Set<number>()
  for (let index = 0; index <= hours; index++) {
    yield* Effect.promise(() => arrive(start + (index + 1) * hour + dice.below(300_000)))
    pending.add(index)
    for (const due of shuffled(dice, [...pending])) {
      if (index < hours && dice.chance(40)) continue
      const window = hoursFrom(start, due)
      if (dice.chance(40)) yield* attempt({ window, mode: "once", giveUpAfter: dice.below(600) })
      yield* attempt({ window, mode: "once" })
      if (dice.chance(25)) yield* attempt({ window, mode: "force" })
      pending.delete(due)
    }
  }
  const again = yield* attempt({ window: hoursFrom(start, 0), mode: "once" })
  assert.strictEqual(again?._tag, "AlreadyExported")
})

const servers = Layer.merge(ClickHouseServer.layer, PostgresServer.layer)

const heading = (model: string) => model.charAt(0).toUpperCase() + model.slice(1)

/** The fields of a model and their types, as the section of docs/models.md lists them. */
const documented = (heading: string): ReadonlyArray<string> => {
  const page = readFileSync(new URL("../../../docs/models.md", import.meta.url), "utf8")
  const section = page.split(`\n## ${heading}\n`)[1]?.split(/\n##+ /)[0] ?? ""
  return [...section.matchAll(/^\| ([a-z_, 0-9]+) \| `([A-Z[\] ]+)` \|/gm)].flatMap(([, names = "", type = ""]) =>
    names.split(", ").map((name) => `${name} ${type.toLowerCase()}`),
  )
}

layer(servers, { excludeTestServices: true })("models that change", (it) => {
  for (const [model, prepare] of [
    ["persons", createPersonTables],
    ["sessions", createSessionTables],
  ] as const) {
    it.effect(`${model} get the table that the page documents`, () =>
      Effect.gen(function* () {
        const world = yield* mutable({
          database: `documented_${model}`,
          selection: { name: model, teamId: "all" },
          prepare,
        })
        yield* world.attempt({ window: hoursFrom(start, 0), mode: "once" })
        const { rows } = yield* Effect.promise(() =>
          world.pg.query<{ column: string }>(
            `SELECT attname || ' ' || format_type(atttypid, atttypmod) AS column FROM pg_attribute
             WHERE attrelid = '${world.schema}.records'::regclass AND attnum > 0`,
          ),
        )
        assert.deepStrictEqual(rows.map(({ column }) => column).toSorted(), [...documented(heading(model))].toSorted())
        const { rows: keys } = yield* Effect.promise(() =>
          world.pg.query<{ key: string }>(
            `SELECT pg_get_constraintdef(oid) AS key FROM pg_constraint WHERE conrelid = '${world.schema}.records'::regclass AND contype = 'p'`,
          ),
        )
        const key = model === "persons" ? "distinct_id" : "session_id"
        assert.deepStrictEqual(keys, [{ key: `PRIMARY KEY (team_id, ${key})` }])
      }).pipe(Effect.scoped),
    )
  }

  it.effect(`persons end in their newest state (seed ${seed})`, () =>
    Effect.gen(function* () {
      const history = personHistory({ ...span, changes: 150, greatestLag: 3600 })
      const world = yield* mutable({
        database: `persons_${seed}`,
        selection: { name: "persons", teamId: "all", keysPerQuery: 60 },
        prepare: createPersonTables,
      })
      // A table made by hand: wide versions, and a column that new tables do not get.
      yield* Effect.promise(() =>
        world.pg.query(`CREATE TABLE ${world.schema}.records (
          is_deleted BOOLEAN, team_id INTEGER, distinct_id TEXT, person_id TEXT, properties JSONB, person_version BIGINT,
          person_distinct_id_version BIGINT, created_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (team_id, distinct_id))`),
      )
      let seen = start / 1000 - 1
      yield* exportAll(world, async (until) => {
        const now = until / 1000
        const arrived = ({ visible }: { readonly visible: number }) => visible > seen && visible <= now
        await insertPersons(world.clickHouse, `persons_${seed}`, history.persons.filter(arrived))
        await insertMappings(world.clickHouse, `persons_${seed}`, history.mappings.filter(arrived))
        seen = now
      })
      const wanted = new Map(PersonOracle.personState(PersonOracle.seenAt(history, seen)))
      // Two keys that cleaning makes one are one record, that of the newer mapping.
      const [first, second] = [...wanted.values()].filter(({ team_id }) => team_id === history.persons[0]?.team)
      if (first === undefined || second === undefined) throw new Error("two people are needed")
      const twins = [
        { distinctId: "tw\0in", person: second.person_id, version: 2 },
        { distinctId: "twin", person: first.person_id, version: 1 },
      ]
      const later = { team: first.team_id, isDeleted: false, timestamp: Math.floor(seen), visible: Math.floor(seen) }
      yield* Effect.promise(() =>
        insertMappings(
          world.clickHouse,
          `persons_${seed}`,
          twins.map((twin) => ({ ...twin, ...later })),
        ),
      )
      yield* world.attempt({ window: hoursFrom(start, hours + 1), mode: "once" })
      wanted.set("twin", { ...second, distinct_id: "twin", person_distinct_id_version: 2 })
      const count = yield* world.equals(wanted.values(), `seed ${seed}`)
      assert.strictEqual(count, wanted.size)
      assert.isAbove(count, 30)
    }).pipe(Effect.scoped),
  )

  for (const from of ["sessions", "events"]) {
    it.effect(
      `${from === "events" ? "sessions out of the events" : from} end in what their events say (seed ${seed})`,
      () =>
        Effect.gen(function* () {
          const events = sessionHistory({ ...span, sessions: 60, greatestLag: hour })
          const database = `sessions_${from}_${seed}`
          const world = yield* mutable({
            database,
            selection: { name: "sessions", teamId: "all", from },
            settings: { copyFormat: from === "events" ? "text" : "binary" },
            prepare: createSessionTables,
          })
          let seen = start - 1
          yield* exportAll(world, async (until) => {
            const arrived = events.filter(({ visible }) => visible > seen && visible <= until)
            await insertSessionEvents(world.clickHouse, database, arrived)
            seen = until
          })
          const wanted = SessionOracle.sessionState(SessionOracle.seenAt(events, seen))
          assert.strictEqual(yield* world.equals(wanted.values(), `seed ${seed}`), wanted.size)
        }).pipe(Effect.scoped),
    )
  }
})
