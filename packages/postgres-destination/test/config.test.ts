/** What a configuration may say: decoded without a server, refused with the key's name, and shown under the page's labels. */
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted, Result, Schema } from "effect"
import { decodeConfig } from "@batch-exports/core"
import { Config, describeTarget } from "../src/config/Config.ts"
import { tlsPolicy } from "../src/config/tlsPolicy.ts"
import { PostgresDestination } from "../src/index.ts"

const least = { user: "posthog", password: "secret", host: "db.example.com", database: "analytics", table: "events" }

const problems = (changes: Readonly<Record<string, unknown>>): string => {
  const result = PostgresDestination.configure({ ...least, ...changes }, ["destination"])
  return Result.isFailure(result) ? result.failure.message : ""
}

describe("config", () => {
  it("has defaults for what the page does not ask for", () => {
    const config = Result.getOrThrow(decodeConfig(Config, least))
    assert.deepInclude(config, {
      port: 5432,
      schema: "public",
      selfSigned: false,
      ledgerTable: "batch_exports_ledger",
      copyFormat: "auto",
      lockTimeout: Duration.seconds(30),
      connectTimeout: Duration.seconds(10),
      stallTimeout: Duration.minutes(5),
    })
    assert.strictEqual(config.password && Redacted.value(config.password), "secret")
    assert.notInclude(`${JSON.stringify(config)} ${inspect(config, { depth: 9 })}`, "secret")
    assert.strictEqual(describeTarget(config), 'postgres://db.example.com:5432/analytics, table "public"."events"')
  })

  it("carries the labels of the user's page, and marks secrets", () => {
    const { schema } = Schema.toJsonSchemaDocument(Config)
    const properties = schema["properties"] as Record<string, Record<string, unknown>>
    const titles = Object.fromEntries(Object.entries(properties).map(([key, { title }]) => [key, title]))
    assert.deepInclude(titles, {
      user: "User",
      password: "Password",
      host: "Host",
      port: "Port",
      table: "Table name",
      database: "Database",
      schema: "Schema",
      selfSigned: "Does your Postgres instance have a self-signed SSL certificate?",
    })
    assert.deepStrictEqual(
      Object.entries(titles).filter(([, title]) => typeof title !== "string"),
      [],
    )
    for (const secret of ["password", "clientKey"]) {
      assert.deepInclude(properties[secret], { writeOnly: true, format: "password" })
    }
    assert.strictEqual(properties["port"]?.["default"], 5432)
  })

  it.each([
    [{ user: undefined }, /user: expected string/],
    [{ user: "" }, /user: /],
    [{ password: "" }, /password: /],
    [{ pasword: "x" }, /unknown key "pasword"; did you mean "password"\?/],
    [{ port: 0 }, /port: expected a value between 1 and 65535/],
    [{ port: 70_000 }, /port: /],
    [{ port: "5432" }, /port: /],
    [{ table: "x".repeat(64) }, /table: is 64 bytes long; Postgres takes at most 63 bytes/],
    [{ table: "é".repeat(32) }, /table: is 64 bytes long/],
    [{ schema: "a\0b" }, /schema: must not contain the NUL character/],
    [{ table: "batch_exports_ledger" }, /must not be the table that records are exported to/],
    [{ lockTimeout: "soon" }, /lockTimeout: must be a positive length of time/],
    [{ copyFormat: "csv" }, /copyFormat: /],
    [{ stallTimeout: "0 seconds" }, /stallTimeout: must be a positive length of time/],
    [{ connectTimeout: "Infinity" }, /connectTimeout: must be a positive length of time/],
    [{ selfSigned: true, rootCertificate: "/ca.pem" }, /selfSigned means not verified/],
    [{ selfSigned: true, sslmode: "require" }, /cannot stand beside selfSigned/],
    [{ selfSigned: true, sslmode: "verify-full" }, /cannot stand beside selfSigned/],
    [{ sslmode: "prefer" }, /sslmode: /],
    [{ sslmode: "verify-ca" }, /"verify-ca" needs rootCertificate/],
    [{ sslmode: "disable" }, /"disable" is accepted for loopback and Unix sockets only/],
    [{ sslmode: "disable", host: "127.0.0.1.example.com" }, /"disable" is accepted for loopback/],
    [{ sslmode: "disable", host: "localhost", rootCertificate: "/ca.pem" }, /has no meaning with sslmode "disable"/],
    [{ host: "/var/run/postgresql" }, /a Unix socket cannot be encrypted: set sslmode to "disable"/],
    [{ clientCertificate: "/c.pem" }, /is needed with clientCertificate/],
    [{ clientKey: "/k.pem" }, /is needed with clientKey/],
  ])("refuses %j", (changes, says) => {
    assert.match(problems(changes), says)
  })

  it("never repeats a value", () => {
    assert.notInclude(
      problems({ password: 12_345_678, port: "hunter2", sslmode: "hunter2", hunter: "hunter2" }),
      "hunter2",
    )
  })

  it.each([
    [{}, { _tag: "Encrypted", verify: "full", authorities: "system" }],
    [{ selfSigned: true }, { _tag: "Encrypted", verify: "none", authorities: "system" }],
    [{ rootCertificate: "x" }, { _tag: "Encrypted", verify: "full", authorities: "given" }],
    [{ sslmode: "require" }, { _tag: "Encrypted", verify: "none", authorities: "system" }],
    [
      { sslmode: "require", rootCertificate: "x" },
      { _tag: "Encrypted", verify: "ca", authorities: "given" },
    ],
    [
      { sslmode: "verify-ca", rootCertificate: "x" },
      { _tag: "Encrypted", verify: "ca", authorities: "given" },
    ],
    [{ sslmode: "verify-full" }, { _tag: "Encrypted", verify: "full", authorities: "system" }],
    [
      { sslmode: "verify-full", rootCertificate: "x" },
      { _tag: "Encrypted", verify: "full", authorities: "given" },
    ],
    [{ sslmode: "disable", host: "localhost" }, { _tag: "Plaintext" }],
    [{ sslmode: "disable", host: "::1" }, { _tag: "Plaintext" }],
    [{ sslmode: "disable", host: "/var/run/postgresql" }, { _tag: "Plaintext" }],
  ])("%j means %j", (changes, policy) => {
    const config = Result.getOrThrow(decodeConfig(Config, { ...least, ...changes }))
    assert.deepStrictEqual(tlsPolicy(config), policy as ReturnType<typeof tlsPolicy>)
  })
})
