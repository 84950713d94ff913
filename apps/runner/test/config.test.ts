import { Result } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { builtIn, decodeText, jsonSchema } from "batch-exports"

const good = `
sources:
  analytics: { type: clickhouse, url: "http://127.0.0.1:8123", user: default, password: "\${CH}", database: posthog }
destinations:
  warehouse:
    type: postgres
    host: db.example.com
    port: \${PORT}
    user: posthog
    password: \${PG}
    database: analytics
    schema: exports
exports:
  events:
    model: { name: events, teamId: 1 }
    destination:
      use: warehouse
      table: events
`

const env: Readonly<Record<string, string>> = { CH: "s3cret-ch", PG: "12345", PORT: "6543" }

const decode = (text: string) =>
  decodeText("c.yaml", text, builtIn, {
    env: (name) => env[name],
    file: (name) => (name === "pw" ? "from-file\n" : undefined),
  })

const problems = (text: string): ReadonlyArray<string> => {
  const result = decode(text)
  return Result.isFailure(result) ? result.failure.message.split("\n") : []
}

/** `good` with one line changed. */
const edited = (from: string, to: string): string => {
  assert.include(good, from)
  return good.replace(from, to)
}

describe("the configuration file", () => {
  it("decodes, with secrets from the environment and from files", () => {
    const { exports } = Result.getOrThrow(decode(good.replace("${PG}", "${file:pw}")))
    assert.deepStrictEqual([...exports.keys()], ["events"])
  })

  it.each([
    ["ftp://h/s3cret", "must be an http or https address"],
    ["https://user:s3cret@h/", "must be an address without user and password"],
    ["https://s3cret@h/", "must be an address without user and password"],
    ["http://h:10080/s3cret", "must have another port: nothing is sent to 10080"],
    ["https://h:6667/s3cret", "must have another port: nothing is sent to 6667"],
  ])("refuses to send notices to %s, which it does not repeat", (url, expected) => {
    const [problem = "", ...others] = problems(`${good}\nrunner: { webhooks: [{ url: "${url}" }] }\n`)
    assert.include(problem, expected)
    assert.deepStrictEqual(others, [])
    assert.notInclude(problem, "s3cret")
    assert.lengthOf(problems(`${good}\nrunner: { webhooks: [{ url: "https://h:8443/s3cret" }] }\n`), 0)
  })

  it("takes an anchor that every one of a thousand exports uses", () => {
    const anchored = edited("model: { name: events, teamId: 1 }", "model: &one { name: events, teamId: 1 }")
    const others = Array.from(
      { length: 1_000 },
      (_, index) => `  events${index}: { model: *one, destination: { use: warehouse, table: events${index} } }\n`,
    )
    const { exports } = Result.getOrThrow(decode(anchored + others.join("")))
    assert.strictEqual(exports.size, 1_001)
  })

  it("takes a number, or a password of digits, from the environment", () => {
    assert.deepStrictEqual(problems(good), [])
  })

  it.each<{ name: string; text: string; expected: RegExp }>([
    {
      name: "an unknown key",
      text: edited("host:", "hsot:"),
      expected: /^c\.yaml:7: destinations\.warehouse\.hsot: unknown key "hsot"; did you mean "host"\?$/m,
    },
    {
      name: "a missing key",
      text: edited("    database: analytics\n", ""),
      expected: /^c\.yaml:\d+: exports\.events\.destination\.database: this key is required/m,
    },
    {
      name: "an unknown type",
      text: edited("type: postgres", "type: postgers"),
      expected:
        /^c\.yaml:6: destinations\.warehouse\.type: "postgers" is not a type of destination; did you mean "postgres"\?$/m,
    },
    {
      name: "a wrong kind of value",
      text: edited("${PORT}", "many"),
      expected: /^c\.yaml:8: destinations\.warehouse\.port: expected /m,
    },
    {
      name: "a variable that is not set",
      text: edited("${PG}", "${POSTGRES_PASSWORD}"),
      expected: /^c\.yaml:10: destinations\.warehouse\.password: environment variable POSTGRES_PASSWORD is not set$/m,
    },
    {
      name: "a secret file that cannot be read",
      text: edited("${PG}", "${file:nowhere}"),
      expected: /file nowhere cannot be read/,
    },
    {
      name: "a destination that is not defined",
      text: edited("use: warehouse", "use: warehose"),
      expected:
        /^c\.yaml:17: exports\.events\.destination\.use: destination "warehose" is not defined under destinations; did you mean "warehouse"\?$/m,
    },
    {
      name: "an unknown top-level key",
      text: `${good}export: {}\n`,
      expected: /unknown key "export"; did you mean "exports"\?/,
    },
    {
      name: "a missing team",
      text: edited(", teamId: 1", ""),
      expected: /^c\.yaml:15: exports\.events\.model\.teamId: .*teamId: 1/m,
    },
    {
      name: "an unknown model",
      text: edited("name: events,", "name: evnets,"),
      expected: /^c\.yaml:15: exports\.events\.model/m,
    },
    {
      name: "an empty file",
      text: "# nothing\n",
      expected: /^c\.yaml: is empty; it needs sources, destinations and exports$/,
    },
    { name: "a list", text: "- a\n", expected: /^c\.yaml: it needs sources, destinations and exports$/ },
    {
      name: "a secret that YAML takes for an alias",
      text: edited('"${CH}"', "*Sekret9"),
      expected: /^c\.yaml: an alias \(\*name\) has no anchor.* in quotes$/,
    },
    { name: "an anchor that holds itself", text: `${good}x: &x { a: *x }\n`, expected: /^c\.yaml: an alias/ },
    { name: "a list of itself", text: `${good}x: &x [*x, *x]\n`, expected: /^c\.yaml: an alias/ },
    {
      // A billion laughs: ten to the power of nine values in eleven lines.
      name: "anchors of anchors",
      text: `${good}x0: &x0 [a]\n${Array.from({ length: 9 }, (_, depth) => `x${depth + 1}: &x${depth + 1} [${`*x${depth}, `.repeat(10)}]\n`).join("")}`,
      expected: /^c\.yaml: an alias .* is used too often/,
    },
    {
      name: "a password that is a number",
      text: edited("${PG}", "12345"),
      expected: /password: expected string; put a number in quotes$/,
    },
    {
      name: "a reference without its end",
      text: edited("${PG}", '"${Sekret9"'),
      expected: /^c\.yaml:10: destinations\.warehouse\.password: holds "\$\{" without/,
    },
    {
      name: "a reference that is no name",
      text: edited("${PG}", "${FOO:-bar}"),
      expected: /password: holds "\$\{" without a name/,
    },
    {
      name: "an export without a name",
      text: edited("  events:", '  "":'),
      expected: /an export's name must not be empty/,
    },
    {
      name: "two documents",
      text: `${good}---\na: 1\n`,
      expected: /^c\.yaml: holds several YAML documents; write one/,
    },
    { name: "broken YAML", text: `${good}  - [`, expected: /^c\.yaml: not valid YAML/ },
  ])("refuses $name, in one line that says where", ({ expected, text }) => {
    assert.match(problems(text).join("\n"), expected)
  })

  it("never repeats a secret", () => {
    for (const text of [
      edited('"${CH}"', "*s3cret-ch"),
      edited("${PG}", '"${12345"'),
      edited("host: db.example.com", "host: ${PG}\n    hsot: ${CH}"),
      edited("port: ${PORT}", "port: ${CH}"),
    ]) {
      const said = problems(text).join("\n")
      assert.isNotEmpty(said)
      for (const secret of ["s3cret-ch", "12345"]) assert.notInclude(said, secret)
    }
  })

  it("ships an example that decodes", () => {
    const example = readFileSync(new URL("../batch-exports.example.yaml", import.meta.url), "utf8")
    const decoded = decodeText("example.yaml", example, builtIn, { env: () => "x", file: () => undefined })
    assert.deepStrictEqual(Result.isSuccess(decoded) ? [...decoded.success.exports.keys()] : decoded.failure.message, [
      "events",
    ])
  })

  it("has a JSON Schema that names the fields of the user page and marks secrets", () => {
    const text = JSON.stringify(jsonSchema(builtIn))
    for (const label of [
      "User",
      "Password",
      "Host",
      "Port",
      "Table name",
      "Database",
      "Schema",
      "self-signed SSL certificate",
    ]) {
      assert.include(text, label)
    }
    assert.include(text, '"writeOnly":true')
  })
})
