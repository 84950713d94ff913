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
    [
      "a setting that changes rows",
      { ...good, settings: { final: 1 } },
      events,
      "source.settings.final: is not a setting that exports may carry, which are only those that limit a query",
    ],
    ["a setting spelled otherwise", { ...good, settings: { maxThreads: 2 } }, events, 'did you mean "max_threads"?'],
    ["a setting that we need", { ...good, settings: { timeout_overflow_mode: "break" } }, events, "is not a setting"],
    ["a setting of no value", { ...good, settings: { max_threads: null } }, events, "source.settings.max_threads"],
    ["an address twice", { ...good, failover: [good.url] }, events, "source.failover.0: is named twice"],
    ["a bad address", { ...good, failover: ["h:1"] }, events, "source.failover.0: must be an http or https URL"],
    [
      "some of it encrypted",
      { ...good, failover: ["https://h:8443"] },
      events,
      "source.failover.0: must be https like",
    ],
    ["verified and not", { url: "https://h", selfSigned: true, rootCertificate: "x" }, events, "keep one of them"],
    ["certificates for nothing", { ...good, rootCertificate: "x" }, events, "has no meaning without https"],
    [
      "a certificate without a key",
      { url: "https://h", clientCertificate: "x" },
      events,
      "source.clientKey: is needed",
    ],
    [
      "a key without a certificate",
      { url: "https://h", clientKey: "x" },
      events,
      "source.clientCertificate: is needed",
    ],
    ["a passphrase for nothing", { url: "https://h", clientKeyPassphrase: "x" }, events, "has no meaning without"],
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
    for (const secret of ["password", "clientKey", "clientKeyPassphrase"]) {
      assert.deepInclude(properties[secret], { format: "password", writeOnly: true })
    }
    assert.deepInclude(properties["user"], { default: "default" })
    assert.deepInclude(properties["requestTimeout"], { default: "5 minutes" })
  })
})
