import { Effect, Redacted, Result, Schema } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { decodeConfig } from "@batch-exports/core"

const Config = Schema.Struct({
  host: Schema.String,
  port: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(5432))),
  password: Schema.RedactedFromValue(Schema.String, { label: "password" }),
  mode: Schema.optionalKey(Schema.Literals(["fast", "slow"])),
  team: Schema.optionalKey(Schema.Union([Schema.Int, Schema.Array(Schema.Int), Schema.Literal("all")])),
})

const problems = (input: unknown) => {
  const decoded = decodeConfig(Config, input, ["destinations", "main"])
  return Result.isFailure(decoded) ? decoded.failure.problems.map((at) => `${at.path.join(".")}: ${at.message}`) : []
}

describe("decodeConfig", () => {
  it("decodes, with defaults, and hides secrets", () => {
    const decoded = Result.getOrThrow(decodeConfig(Config, { host: "h", password: "pa55word" }))
    assert.strictEqual(decoded.port, 5432)
    assert.strictEqual(Redacted.value(decoded.password), "pa55word")
    assert.notInclude(JSON.stringify(decoded), "pa55word")
  })

  it("names an unknown key and the nearest valid one", () => {
    assert.deepStrictEqual(problems({ host: "h", password: "p", hsot: "x" }), [
      'destinations.main.hsot: unknown key "hsot"; did you mean "host"?',
    ])
    assert.deepStrictEqual(problems({ host: "h", password: "p", zzzzzz: 1 }), [
      'destinations.main.zzzzzz: unknown key "zzzzzz"; valid keys are host, port, password, mode, team',
    ])
  })

  it("lists every problem at once", () => {
    assert.deepStrictEqual(problems({ port: "x", mode: "medium" }), [
      "destinations.main.host: this key is required and missing",
      "destinations.main.port: expected number",
      "destinations.main.password: this key is required and missing",
      'destinations.main.mode: expected "fast" | "slow"',
    ])
  })

  it("takes no key and nothing else where there are no settings", () => {
    const Nothing = Schema.Struct({})
    const Nested = Schema.Struct({ inner: Schema.optionalKey(Nothing) })
    const wrong = (schema: Schema.Codec<unknown, unknown>, input: unknown) => {
      const decoded = decodeConfig(schema, input, ["at"])
      return Result.isFailure(decoded)
        ? decoded.failure.problems.map((at) => `${at.path.join(".")}: ${at.message}`)
        : []
    }
    assert.deepStrictEqual(wrong(Nothing, {}), [])
    assert.deepStrictEqual(wrong(Nothing, { a: 1, b: 2 }), ['at.a: unknown key "a"', 'at.b: unknown key "b"'])
    for (const input of ["text", 1, [], [1], true, null]) assert.lengthOf(wrong(Nothing, input), 1)
    assert.deepStrictEqual(wrong(Nested, { inner: {} }), [])
    assert.deepStrictEqual(wrong(Nested, {}), [])
    assert.deepStrictEqual(wrong(Nested, { inner: { a: 1 } }), ['at.inner.a: unknown key "a"'])
    assert.deepStrictEqual(wrong(Nested, { inner: "text" }), ["at.inner: expected object"])
  })

  it("says which key a check over several keys is about", () => {
    const Both = Schema.Struct({ a: Schema.String, b: Schema.String }).check(
      Schema.makeFilter(({ a, b }) => (a === b ? { path: ["b"], issue: "must differ from a" } : undefined)),
    )
    const decoded = decodeConfig(Both, { a: "x", b: "x" }, ["at"])
    assert.deepStrictEqual(Result.isFailure(decoded) ? decoded.failure.problems : [], [
      { path: ["at", "b"], message: "must differ from a" },
    ])
  })

  it("never repeats a value: it may be a secret in the wrong place", () => {
    for (const input of [
      { host: "h", password: 123456789 },
      { host: { secret: "123456789" }, password: "p" },
      { host: "h", password: "p", mode: "123456789" },
      { host: "h", password: "p", team: ["123456789"] },
      "123456789",
    ]) {
      const found = problems(input)
      assert.isNotEmpty(found)
      assert.notInclude(found.join("\n"), "123456789")
    }
  })
})
