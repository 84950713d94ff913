/**
 * The user's page, step by step: its own SQL is read from it and run by the superuser, who does nothing else; then the user that it
 * makes checks, plans and exports, and the table that appears is the one that the page shows.
 */
import { assert, layer } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { readFileSync } from "node:fs"
import { PostgresDestination } from "../src/PostgresDestination.ts"
import { Postgres } from "./support/database.ts"
import { eventRows, events } from "./support/model.ts"
import { configure, exportText, hours, runOf, settingsFor } from "./support/run.ts"

const page = readFileSync(new URL("../../../docs/postgres.md", import.meta.url), "utf8")

/** The lines between a heading and the next. */
const section = (heading: string): string => {
  const [, text] = page.split(`\n## ${heading}\n`)
  assert.isDefined(text, `the page has a section "${heading}"`)
  return text?.split("\n## ")[0] ?? ""
}

const setUp = /```sql\n([^`]+)```/.exec(section("Set up access"))?.[1]?.replaceAll(/^ +/gm, "").trim() ?? ""

const documented = [...section("The events table").matchAll(/^\| (\w+) \| `([^`]+)` \|/gm)].map(
  ([, name = "", type = ""]) => ({ name, type }),
)

layer(Postgres.layer, { excludeTestServices: true })("the user's page", (it) => {
  it("is what a form shows before there is a connection", () => {
    assert.deepStrictEqual(
      PostgresDestination.newTarget?.(events).map(({ field, type }) => ({ name: field, type })),
      documented,
    )
    const { properties } = Schema.toJsonSchemaDocument(PostgresDestination.Config).schema as {
      readonly properties: Readonly<Record<string, { readonly title: string }>>
    }
    assert.deepStrictEqual(
      PostgresDestination.form?.map((key) => properties[key]?.title),
      [
        "User",
        "Password",
        "Host",
        "Port",
        "Table name",
        "Database",
        "Schema",
        "Does your Postgres instance have a self-signed SSL certificate?",
      ],
    )
  })

  it.effect("is followed to the letter, and what it shows appears", () =>
    Effect.gen(function* () {
      const { sql } = yield* Postgres
      yield* Effect.acquireRelease(sql(setUp), () =>
        Effect.andThen(sql("DROP SCHEMA posthog_exports CASCADE"), sql("DROP ROLE posthog")),
      )
      assert.deepStrictEqual(setUp.split("\n"), [
        "CREATE USER posthog WITH PASSWORD 'insert-a-strong-password-here';",
        "CREATE SCHEMA posthog_exports;",
        "GRANT CREATE ON SCHEMA posthog_exports TO posthog;",
        "GRANT USAGE ON SCHEMA posthog_exports TO posthog;",
      ])
      const password = /PASSWORD '([^']+)'/.exec(setUp)?.[1]
      const to = configure(yield* settingsFor("posthog_exports", { user: "posthog", password, table: "events" }))

      const steps = yield* Stream.runCollect(to.check(events))
      assert.deepStrictEqual(
        steps.filter(({ status }) => status === "failed"),
        [],
      )
      assert.include(
        steps.map(({ id }) => id),
        "trial",
      )
      const objects = sql(`SELECT relname FROM pg_class WHERE relnamespace = 'posthog_exports'::regnamespace`)
      assert.deepStrictEqual(yield* objects, [], "a check leaves nothing")

      const run = runOf({ model: events, export: "events" })
      const plan = yield* to.plan(run)
      assert.match(plan.create.join("\n"), /CREATE TABLE "posthog_exports"."events"/)
      assert.deepStrictEqual(yield* objects, [], "a plan touches nothing")

      const first = yield* exportText(to, run, eventRows(7))
      assert.strictEqual(first.receipt?.stored.inserted, 7)
      const again = yield* exportText(to, runOf({ model: events, export: "events", window: hours(0, 2) }), eventRows(2))
      assert.deepStrictEqual(again.missing, [hours(1, 2)])

      assert.lengthOf(documented, 11)
      yield* sql(
        `CREATE TABLE public.documented (${documented.map(({ name, type }) => `"${name}" ${type}`).join(", ")})`,
      )
      const shape = (table: string) =>
        sql(
          `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
                  a.atthasdef AS "hasDefault", a.attcollation AS collation
           FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 ORDER BY a.attnum`,
          [table],
        )
      assert.deepStrictEqual(yield* shape("posthog_exports.events"), yield* shape("public.documented"))
      yield* sql("DROP TABLE public.documented")
      const indexes = sql(
        `SELECT indexname FROM pg_indexes WHERE schemaname = 'posthog_exports' AND tablename = 'events'`,
      )
      assert.deepStrictEqual(yield* indexes, [], "without key and without index")
      assert.deepStrictEqual(yield* sql(`SELECT count(*)::int4 AS n FROM posthog_exports.events`), [{ n: 9 }])
      const [row] = yield* sql<Record<string, unknown>>(
        `SELECT uuid, properties ->> 'n' AS n, set, distinct_id, team_id, ip, site_url, timestamp::text AS timestamp
         FROM posthog_exports.events ORDER BY uuid, (properties ->> 'n')::int4 LIMIT 1`,
      )
      assert.deepStrictEqual(row, {
        uuid: "01900000-0000-7000-8000-000000000000",
        n: "0",
        set: null,
        distinct_id: "user 0",
        team_id: 1,
        ip: "127.0.0.1",
        site_url: null,
        timestamp: "2026-01-01 00:00:00.123456+00",
      })
      // The user owns what it made, and has nothing else in the database.
      const owned = sql(
        `SELECT n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE pg_get_userbyid(c.relowner) = 'posthog' AND n.nspname NOT LIKE 'pg\\_%' GROUP BY 1`,
      )
      assert.deepStrictEqual(yield* owned, [{ schema: "posthog_exports" }])
    }),
  )
})
