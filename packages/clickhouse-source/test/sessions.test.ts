/** Which sessions a window holds, and what is done about tables that are not as expected. */
import { readFileSync } from "node:fs"
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { createSessionTables, insertSessionEvents, type SessionEvent } from "@batch-exports/fixtures"
import { Effect, Stream } from "effect"
import { kinds, sites } from "../src/models/channels.ts"
import { client, configured, projection, readAll, window } from "./support/reading.ts"

const start = Date.UTC(2026, 0, 1)
const at = (hours: number, minutes = 0, seconds = 0) => start + ((hours * 60 + minutes) * 60 + seconds) * 1000

let made = 0
const session = (index: number) => `019b7c00-0000-7000-8000-${String(index).padStart(12, "0")}`

const event = (changes: Partial<SessionEvent> & { readonly inserted: number }): SessionEvent => ({
  uuid: crypto.randomUUID(),
  team: 1,
  event: "$pageview",
  distinctId: "somebody",
  timestamp: at(1),
  session: session(1),
  properties: { $current_url: "https://example.com/a" },
  visible: changes.inserted,
  ...changes,
})

const hour = (of: number) => `${new Date(at(of)).toISOString()}/${new Date(at(of + 1)).toISOString()}`

layer(ClickHouseServer.layer)("sessions", (it) => {
  const world = Effect.fnUntraced(function* (events: ReadonlyArray<SessionEvent>) {
    const server = yield* ClickHouseServer
    const connection = yield* client(server)
    const database = `sessions_unit_${process.pid}_${made++}`
    yield* Effect.promise(async () => {
      await createSessionTables(connection, database)
      await insertSessionEvents(connection, database, events)
    })
    const source = (selection: object) =>
      configured(server, { config: { database }, selection: { name: "sessions", ...selection } })
    const read = Effect.fnUntraced(function* (
      fields: ReadonlyArray<string>,
      windowText: string,
      selection: object = {},
    ) {
      const opened = yield* source(selection).open
      const { text } = yield* readAll(opened, {
        projection: projection(opened.model, "postgres-copy-text", fields),
        window: window(windowText),
      })
      return text.split("\n").slice(0, -1).sort()
    }, Effect.scoped)
    return { connection, database, source, read }
  })

  it.effect("go by when events came in, and are whole whichever of their events did", () =>
    Effect.gen(function* () {
      const { read } = yield* world([
        event({ inserted: at(2), timestamp: at(2) }),
        // Long after the session, and before its end by its own clock.
        event({ inserted: at(20), timestamp: at(1) }),
        event({ inserted: at(3), session: session(2), timestamp: at(3) }),
      ])
      const fields = ["session_id", "pageview_count", "start_timestamp", "end_timestamp", "inserted_at"]
      const first = [session(1), 2, "2026-01-01T01:00:00.000000Z", "2026-01-01T02:00:00.000000Z"].join("\t")
      for (const from of ["sessions", "events"]) {
        const late = yield* read(fields, hour(20), { from })
        assert.deepStrictEqual(late, [`${first}\t2026-01-01T20:00:00.000000Z`])
        assert.lengthOf(yield* read(fields, hour(4), { from }), 2)
        assert.lengthOf(yield* read(fields, hour(4), { from, lookback: "30 minutes" }), 1)
        assert.deepStrictEqual(yield* read(fields, hour(22), { from }), [])
      }
    }),
  )

  it.effect("belong to teams, and to ids that are UUIDs of version 7", () =>
    Effect.gen(function* () {
      const { read } = yield* world([
        event({ inserted: at(2) }),
        event({ inserted: at(2), team: 2 }),
        event({ inserted: at(2), session: "8c4f4f0e-0000-4000-8000-000000000000" }),
        event({ inserted: at(2), session: "not a uuid" }),
        event({ inserted: at(2), session: "" }),
      ])
      for (const from of ["sessions", "events"]) {
        const fields = ["team_id", "session_id"]
        assert.deepStrictEqual(yield* read(fields, hour(2), { from, teamId: "all" }), [
          `1\t${session(1)}`,
          `2\t${session(1)}`,
        ])
        assert.deepStrictEqual(yield* read(fields, hour(2), { from, teamId: 2 }), [`2\t${session(1)}`])
      }
    }),
  )

  it.effect("come without vitals from a table that has none", () =>
    Effect.gen(function* () {
      const vitals = { event: "$web_vitals", properties: { $web_vitals_LCP_value: 1234.5 } }
      const { connection, database, read } = yield* world([event({ inserted: at(2), ...vitals })])
      const fields = ["vitals_lcp", "page_screen_autocapture_count_up_to", "is_bounce"]
      assert.deepStrictEqual(yield* read(fields, hour(2)), ["1234.5\t0\t\\N"])
      yield* Effect.promise(async () => {
        await connection.command({ query: `DROP VIEW ${database}.raw_sessions_v3_mv SYNC` })
        await connection.command({ query: `ALTER TABLE ${database}.raw_sessions_v3 DROP COLUMN vitals_lcp` })
      })
      assert.deepStrictEqual(yield* read(fields, hour(2)), ["\\N\t0\t\\N"])
    }),
  )

  it.effect("are checked: where there is no table of them, it is said", () =>
    Effect.gen(function* () {
      const { connection, database, source } = yield* world([event({ inserted: at(2) })])
      const steps = (selection: object) => Stream.runCollect(source({ teamId: 1, ...selection }).check)
      assert.deepInclude((yield* steps({})).at(-1), { id: "template", status: "passed" })
      yield* Effect.promise(() => connection.command({ query: `DROP TABLE ${database}.raw_sessions_v3 SYNC` }))
      const failed = (yield* steps({})).at(-1)
      assert.deepInclude(failed, { id: "table", status: "failed" })
      assert.include(failed?.remedy, "Or write from: events")
      assert.deepInclude((yield* steps({ from: "events" })).at(-1), { id: "template", status: "passed" })
    }),
  )

  it("know the sites that the page lists", () => {
    const page = readFileSync(new URL("../../../docs/models.md", import.meta.url), "utf8")
    for (const kind of kinds) {
      const row = `| ${kind} | ${sites[kind].map((site) => `\`${site}\``).join(", ")} |`
      assert.include(page, row)
    }
  })
})
