/** What a user may write, and what is said of what they may not. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { ClickHouseSource } from "../src/index.ts"

const problems = (config: unknown, model: unknown): string =>
  Result.match(
    ClickHouseSource.configure({ value: config, path: ["source"] }, { value: model, path: ["exports", 0, "model"] }),
    { onFailure: (error) => error.message, onSuccess: () => "" },
  )

const good = { url: "http://127.0.0.1:8123", password: "hunter2" }
const events = { name: "events", teamId: 1 }

describe("configuration", () => {
  it("needs little", () => {
    assert.strictEqual(problems({ url: "https://clickhouse.example.com:8443" }, events), "")
    assert.strictEqual(problems(good, { ...events, teamId: [1, 2] }), "")
    assert.strictEqual(problems(good, { ...events, teamId: "all", table: "posthog.sharded_events" }), "")
  })

  const refused: ReadonlyArray<readonly [string, unknown, unknown, string]> = [
    ["no team", good, { name: "events" }, "exports.0.model.teamId: one ClickHouse holds many teams: write teamId: 1"],
    ["no teams", good, { ...events, teamId: [] }, "exports.0.model.teamId"],
    ["a team of another type", good, { ...events, teamId: "1" }, "exports.0.model.teamId: one ClickHouse holds many"],
    [
      "no such model",
      good,
      { ...events, name: "event" },
      'exports.0.model.name: expected "events" | "persons" | "sessions"',
    ],
    ["no model", good, { teamId: 1 }, 'exports.0.model.name: expected "events" | "persons" | "sessions"'],
    [
      "a key of another model",
      good,
      { ...events, lookback: "1 hour" },
      'unknown key "lookback"; valid keys are name, teamId, table',
    ],
    ["a misspelled key", good, { ...events, tabel: "x" }, 'unknown key "tabel"; did you mean "table"?'],
    ["a misspelled key", { ...good, passwort: "x" }, events, 'unknown key "passwort"; did you mean "password"?'],
    ["no url", {}, events, "source.url: this key is required and missing"],
    ["another protocol", { url: "tcp://127.0.0.1:9000" }, events, "source.url: must be an http or https URL"],
    ["no protocol", { url: "127.0.0.1" }, events, "source.url: must be an http or https URL"],
    ["a password in the url", { url: "http://a:hunter2@h:8123" }, events, "must not hold a user or a password"],
    ["settings in the url", { url: "http://h:8123/?x=1" }, events, "must end before any ? or #"],
    ["something else as an authority", { ...good, ca: "/etc/ca.pem" }, events, "source.ca: must be a certificate"],
    ["a limit of nothing", { ...good, settings: { maxThreads: 0 } }, events, "source.settings.maxThreads"],
    ["a time that is none", { ...good, requestTimeout: "soon" }, events, "source.requestTimeout"],
  ]
  for (const [what, config, model, message] of refused) {
    it(`refuses ${what}`, () => {
      const said = problems(config, model)
      assert.include(said, message)
      assert.notInclude(said, "hunter2")
    })
  }

  it("shows every key with a title, a description and its default, and the password as a secret", () => {
    const { schema } = Schema.toJsonSchemaDocument(ClickHouseSource.Config)
    const properties = schema["properties"] as Record<string, Record<string, unknown>>
    for (const [key, value] of Object.entries(properties)) {
      assert.isString(value["title"], key)
      assert.isString(value["description"], key)
    }
    assert.deepInclude(properties["password"], { format: "password", writeOnly: true })
    assert.deepInclude(properties["user"], { default: "default" })
    assert.deepInclude(properties["requestTimeout"], { default: "5 minutes" })
  })
})
