/** Both of Postgres' formats in a real Postgres: the same hostile and random events, and not one row that differs. */
import { assert, layer } from "@effect/vitest"
import { clickHouse, postgres } from "@batch-exports/dev-services"
import { createEventsTable, insertEvents, insertHostile } from "@batch-exports/fixtures"
import { FieldType } from "@batch-exports/core"
import { Context, Effect, Layer } from "effect"
import { pipeline } from "node:stream/promises"
import { Client } from "pg"
import { from as copyFrom } from "pg-copy-streams"
import { client, configured, created, projection, readAll, window } from "./support/reading.ts"

class Both extends Context.Service<
  Both,
  { readonly clickHouse: Effect.Success<ReturnType<typeof clickHouse>>; readonly pg: Client }
>()("test/Both") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const source = yield* clickHouse()
      const { ca, database, host, password, port, user } = yield* postgres()
      const pg = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const made = new Client({ host, port, user, password, database, ssl: ca === undefined ? false : { ca } })
          await made.connect()
          return made
        }),
        (made) => Effect.promise(() => made.end()),
      )
      return { clickHouse: source, pg }
    }),
  )
}

const hour = { start: new Date(Date.UTC(2026, 0, 1, 0)), end: new Date(Date.UTC(2026, 0, 1, 1)) }

const text200 = { as: FieldType.text(200), targetType: "character varying(200)" }
const jsonb = { targetType: "jsonb" }
/** A new table of the default kind, and one of every other type that its fields may have. */
const targets = {
  "the table of the user's page": {
    uuid: text200,
    event: text200,
    properties: jsonb,
    elements: jsonb,
    set: jsonb,
    set_once: jsonb,
    distinct_id: text200,
    team_id: { as: FieldType.int32, targetType: "integer" },
    ip: text200,
    site_url: text200,
    timestamp: { as: FieldType.timestamp(6), targetType: "timestamp with time zone" },
  },
  "other types": {
    uuid: { as: FieldType.uuid, targetType: "uuid" },
    event: { as: FieldType.text(), targetType: "text" },
    properties: { as: FieldType.text(), targetType: "text" },
    elements: { targetType: "json" },
    set: { targetType: "json" },
    set_once: { as: FieldType.text(50), targetType: "character varying(50)" },
    distinct_id: { as: FieldType.text(3), targetType: "character(3)" },
    team_id: { as: FieldType.int64, targetType: "bigint" },
    ip: { as: FieldType.text(7), targetType: "character varying(7)" },
    site_url: { as: FieldType.text(), targetType: "bpchar" },
    timestamp: { as: FieldType.timestamp(3), targetType: "timestamp(3) with time zone" },
    person_properties: jsonb,
    person_id: { as: FieldType.uuid, targetType: "uuid" },
    inserted_at: { as: FieldType.timestamp(0), targetType: "timestamp(0) with time zone" },
  },
} as const

const frame = {
  "postgres-copy-text": { options: "FORMAT text, ENCODING 'UTF8'", before: "", after: "" },
  "postgres-copy-binary": { options: "FORMAT binary", before: "5047434f50590aff0d0a000000000000000000", after: "ffff" },
} as const

layer(Both.layer, { timeout: 120_000 })("Postgres takes the same of both formats", (it) => {
  const seed = 20_260_131
  for (const [what, columns] of Object.entries(targets)) {
    for (const defensive of [false, true]) {
      it.effect(`${what}${defensive ? ", defensively" : ""} (seed ${seed})`, () =>
        Effect.gen(function* () {
          const { clickHouse: server, pg } = yield* Both
          const database = `load_${what.length}_${defensive ? 1 : 0}`
          const connection = yield* client(server)
          yield* Effect.promise(async () => {
            await createEventsTable(connection, database)
            await insertHostile(connection, { database, windows: hour })
            await insertEvents(connection, { database, rows: 4000, seed, windows: hour })
          })
          const opened = yield* configured(server, { config: { database }, selection: { teamId: "all" } }).open
          if (what === "the table of the user's page") {
            assert.deepStrictEqual(Object.keys(columns), created(opened.model))
          }
          const sql = (text: string) => Effect.promise(() => pg.query<Record<string, string>>(text))
          const declared = Object.entries(columns).map(([name, { targetType }]) => `"${name}" ${targetType}`)
          const rows: Array<number> = []
          for (const encoding of ["postgres-copy-text", "postgres-copy-binary"] as const) {
            const { bytes, tally } = yield* readAll(opened, {
              projection: projection(opened.model, encoding, columns),
              window: window(`${hour.start.toISOString()}/${hour.end.toISOString()}`),
              defensive,
            })
            const { after, before, options } = frame[encoding]
            yield* sql(`DROP TABLE IF EXISTS "${encoding}"; CREATE TABLE "${encoding}" (${declared.join(", ")})`)
            const copied = pg.query(copyFrom(`COPY "${encoding}" FROM STDIN (${options})`))
            yield* Effect.promise(() =>
              pipeline([Buffer.from(before, "hex"), bytes, Buffer.from(after, "hex")], copied),
            )
            assert.strictEqual(copied.rowCount, tally.rows)
            rows.push(tally.rows)
          }
          assert.strictEqual(rows[0], rows[1])
          assert.isAbove(rows[0] ?? 0, 4000)
          // json has no equality of its own; as text it is compared character for character.
          const wanted = Object.entries(columns)
            .map(([name, { targetType }]) => (targetType === "json" ? `"${name}"::text` : `"${name}"`))
            .join(", ")
          const [text, binary] = Object.keys(frame).map((table) => `SELECT ${wanted} FROM "${table}"`)
          const { rows: different } = yield* sql(
            `(${text} EXCEPT ALL ${binary}) UNION ALL (${binary} EXCEPT ALL ${text}) LIMIT 5`,
          )
          assert.deepStrictEqual(different, [])
        }),
      )
    }
  }
})
