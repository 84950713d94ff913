/**
 * 20,000 random histories of a person: mappings to one person or another, versions of each, told late, in any order, more
 * than once. In half of them what is told together was true together; then the table ends with the last truth. In none may
 * the table ever go back. SEED=… repeats them.
 */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomInt } from "node:crypto"
import { freshSchema, Postgres } from "./support/database.ts"
import { personRow, persons } from "./support/model.ts"
import { random } from "./support/random.ts"
import { destination, exportText, hours, runOf } from "./support/run.ts"

const histories = 20_000
const windows = 4

interface State {
  readonly person: string
  readonly mapping: number
  readonly version: number
}

type Below = ReturnType<typeof random>

/** What was true of one distinct id, step by step. */
const truths = (below: Below): ReadonlyArray<State> => {
  const versions = new Map<string, number>()
  let [person, mapping] = ["A", 1]
  return Array.from({ length: 2 + below(6) }, () => {
    if (below(3) === 0) [person, mapping] = ["ABC"[below(3)] ?? "A", mapping + 1]
    const version = (versions.get(person) ?? below(20)) + below(2)
    versions.set(person, version)
    return { person, mapping, version }
  })
}

/** The truths, each told once or twice; or a mapping of one moment with a person's version of another. */
const telling = (below: Below, truth: ReadonlyArray<State>, faithful: boolean): ReadonlyArray<State> => {
  const told = truth.flatMap((state) => (below(2) === 0 ? [state] : [state, state]))
  return faithful
    ? told
    : told.map((state) => {
        const other = told[below(told.length)] ?? state
        return { ...state, version: other.person === state.person ? other.version : state.version }
      })
}

layer(Postgres.layer, { excludeTestServices: true })("random histories", (it) => {
  const seed = Number(process.env["SEED"] ?? randomInt(1_000_000))

  it.effect(`never go backwards, SEED=${seed}`, () =>
    Effect.gen(function* () {
      const below = random(seed)
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      const texts = Array.from({ length: windows }, () => new Array<string>())
      const last = new Map<string, State>()
      for (let id = 0; id < histories; id++) {
        const who = `p${id}`
        const truth = truths(below)
        const faithful = id % 2 === 0
        const end = truth.at(-1)
        if (faithful && end !== undefined) last.set(who, end)
        for (const { mapping, person, version } of telling(below, truth, faithful)) {
          texts[below(windows)]?.push(personRow(who, person, mapping, version))
        }
      }

      let before = new Map<string, State>()
      let backwards = 0
      let updated = 0
      for (const [hour, rows] of texts.entries()) {
        // Within a window, too, the order is no one's promise.
        for (let at = rows.length - 1; at > 0; at--) {
          const other = below(at + 1)
          ;[rows[at], rows[other]] = [rows[other] ?? "", rows[at] ?? ""]
        }
        const { receipt } = yield* exportText(
          to,
          runOf({ model: persons, window: hours(hour, hour + 1) }),
          rows.join(""),
        )
        updated += receipt?.stored.updated ?? 0
        const now = new Map<string, State>()
        for (const row of yield* sql<State & { who: string; note: string }>(
          `SELECT distinct_id AS who, person_id AS person, person_distinct_id_version AS mapping, person_version AS version,
                  properties->>'note' AS note FROM ${schema}.t`,
        )) {
          now.set(row.who, row)
          // What a group says, it says of one state.
          if (row.note !== `${row.person}${row.version}`) backwards++
          const was = before.get(row.who)
          if (was === undefined) continue
          if (row.mapping < was.mapping || (row.person === was.person && row.version < was.version)) backwards++
        }
        before = now
      }
      assert.strictEqual(backwards, 0)
      assert.isAbove(updated, histories / 4)
      const wrong = [...last].filter(([who, { mapping, person, version }]) => {
        const row = before.get(who)
        return row?.mapping !== mapping || row.person !== person || row.version !== version
      })
      assert.deepStrictEqual(wrong, [])
      assert.strictEqual(before.size, histories)
    }),
  )
})
