/** A connection in one URL: what it may say, what is refused, and that no refusal repeats a secret. */
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { decodeConfig } from "@batch-exports/core"
import { Config, describeTarget } from "../src/config/Config.ts"
import { PostgresDestination } from "../src/index.ts"

const decoded = (url: string, changes: Readonly<Record<string, unknown>> = {}) => {
  const config = Result.getOrThrow(decodeConfig(Config, { url, table: "events", ...changes }))
  const { clientCertificate, clientKey, database, host, password, port, rootCertificate, sslmode, user } = config
  const revealed = {
    host,
    port,
    user,
    database,
    password: password && Redacted.value(password),
    rootCertificate,
    sslmode,
    clientCertificate,
    clientKey: clientKey && Redacted.value(clientKey),
  }
  return Object.fromEntries(Object.entries(revealed).filter(([, value]) => value !== undefined))
}

const problems = (changes: Readonly<Record<string, unknown>>): string => {
  const result = PostgresDestination.configure({ table: "events", ...changes }, ["destination"])
  return Result.isFailure(result) ? result.failure.message : ""
}

describe("a connection URL", () => {
  it.each<[string, Record<string, unknown>]>([
    [
      "postgres://posthog:secret@db.example.com:6543/analytics",
      { host: "db.example.com", port: 6543, user: "posthog", password: "secret", database: "analytics" },
    ],
    ["postgresql://u@h/d", { host: "h", port: 5432, user: "u", database: "d" }],
    [
      "postgres://us%40er:p%40%3A%2F%3F%23%25%2Bw+%C3%A9@h/d%20b",
      { host: "h", port: 5432, user: "us@er", password: "p@:/?#%+w+é", database: "d b" },
    ],
    ["postgres://u:a:b@h/d", { host: "h", port: 5432, user: "u", password: "a:b", database: "d" }],
    ["postgres://u@[::1]:5433/d", { host: "::1", port: 5433, user: "u", database: "d" }],
    ["postgres://u@[fd00::2]/d", { host: "fd00::2", port: 5432, user: "u", database: "d" }],
    [
      "postgres://u@%2Fvar%2Frun%2Fpostgresql/d?sslmode=disable",
      { host: "/var/run/postgresql", port: 5432, user: "u", database: "d", sslmode: "disable" },
    ],
    [
      "postgres://u@/d?host=/tmp&sslmode=disable",
      { host: "/tmp", port: 5432, user: "u", database: "d", sslmode: "disable" },
    ],
    [
      "postgres://u@h/d?sslmode=verify-ca&sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem",
      {
        host: "h",
        port: 5432,
        user: "u",
        database: "d",
        sslmode: "verify-ca",
        rootCertificate: "/ca.pem",
        clientCertificate: "/c.pem",
        clientKey: "/k.pem",
      },
    ],
    ["postgres://u@h/d?sslrootcert=system", { host: "h", port: 5432, user: "u", database: "d" }],
  ])("%s", (url, expected) => {
    assert.deepStrictEqual(decoded(url), expected)
  })

  it("stands beside the other settings, and is not shown", () => {
    const config = Result.getOrThrow(
      decodeConfig(Config, {
        url: "postgres://u:secret@h/d",
        schema: "s",
        table: "t",
        selfSigned: true,
        clientCertificate: "/c.pem",
        clientKey: "/k.pem",
      }),
    )
    assert.strictEqual(describeTarget(config), 'postgres://h:5432/d, table "s"."t"')
    assert.isTrue(config.selfSigned)
    assert.notInclude(JSON.stringify(config), "secret")
  })

  it.each<[Record<string, unknown>, RegExp]>([
    [{ url: "mysql://u:secret@h/d" }, /destination.url: must be written as postgres:/],
    [{ url: "secret" }, /destination.url: must be written as postgres:/],
    [{ url: "postgres://u:sec#ret@h/d" }, /percent-encoded/],
    [{ url: "postgres://u:sec/ret@h/d" }, /percent-encoded/],
    [{ url: "postgres://u:12/secret@h/d" }, /percent-encoded|names no user/],
    [{ url: "postgres://u:12?secret@h/d" }, /destination.url: /],
    [{ url: "postgres://u:12?secret=x@h/d" }, /destination.url: /],
    [{ url: "postgres://u:secret%@h/d" }, /destination.url: has a % that begins no/],
    [{ url: "postgres://u:secret@/d" }, /destination.url: names no host/],
    [{ url: "postgres://u:secret@h1,h2/d" }, /destination.url: names several hosts/],
    [{ url: "postgres://h/d" }, /destination.url: names no user/],
    [{ url: "postgres://u:secret@h" }, /destination.url: names no database/],
    [{ url: "postgres://u:secret@h:0/d" }, /destination.url: its port/],
    [{ url: "postgres://u:secret@h:65536/d" }, /destination.url: its port/],
    [{ url: `postgres://u:secret@h/${"d".repeat(64)}` }, /destination.url: its database is 64 bytes/],
    [{ url: "postgres://u:secret@h/d?options=-c%20x" }, /destination.url: has an unknown parameter, "options"; it may/],
    [{ url: "postgres://u:secret@h/d?sslmode=require&sslmode=disable" }, /the parameter "sslmode" twice/],
    [{ url: "postgres://u:secret@h/d?sslmode=prefer" }, /"prefer" would do without encryption unseen/],
    [{ url: "postgres://u:secret@h/d?sslmode=secret" }, /its sslmode must be one of disable, /],
    [{ url: "postgres://u:secret@h/d?host=h2" }, /names the host twice/],
    [{ url: "postgres://u:secret@h/d?sslmode=disable" }, /destination.url: its sslmode: "disable" is accepted for/],
    [
      { url: "postgres://u:secret@h/d?sslmode=require", selfSigned: true },
      /destination.url: its sslmode: cannot stand/,
    ],
    [{ url: "postgres://u:secret@h/d?sslcert=/c.pem" }, /destination.clientKey: is needed with clientCertificate/],
    [{ url: "postgres://u:secret@h/d", host: "h2" }, /destination.host: cannot stand beside url/],
    [{ url: "postgres://u:secret@h/d", port: 5432 }, /destination.port: cannot stand beside url/],
    [{ url: "postgres://u@h/d", password: "secret" }, /destination.password: cannot stand beside url/],
    [
      { url: "postgres://u@h/d?sslmode=require", sslmode: "require" },
      /destination.sslmode: cannot stand beside url, which says it/,
    ],
    [{ user: "u", database: "d" }, /destination.host: this key is required and missing \(or give all in url\)/],
  ])("%j is refused", (changes, message) => {
    assert.match(problems(changes), message)
    assert.notInclude(problems(changes), "secret")
  })
})
