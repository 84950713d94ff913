/** What becomes of definitions that come over the API: merged as RFC 7396 says, and parted from their secrets. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { hide, put } from "../../src/config/hiding.ts"
import { mergePatch, touches } from "../../src/http/definitions/mergePatch.ts"
import { kept, misdirected, redirected, separate } from "../../src/http/definitions/secrets.ts"
import { pointer } from "../../src/http/api/problems.ts"
import { builtIn } from "../../src/plugins.ts"

describe("a merge patch", () => {
  // The examples of RFC 7396, appendix A.
  it.each<[unknown, unknown, unknown]>([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j + %j", (target, patch, merged) => {
    assert.deepStrictEqual(mergePatch(target, patch), merged)
  })

  it("speaks of what it changes, takes away, or replaces around it", () => {
    const path = ["destination", "password"]
    const answers = [
      {},
      { destination: {} },
      { destination: { host: "h" } },
      { destination: { password: null } },
      { destination: "d" },
    ]
    assert.deepStrictEqual(
      answers.map((patch) => touches(patch, path)),
      [false, false, false, true, true],
    )
  })

  it("leaves prototypes alone", () => {
    mergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}'))
    assert.isUndefined(({} as { readonly polluted?: number }).polluted)
  })
})

describe("secrets", () => {
  const Config = Schema.Struct({
    host: Schema.String,
    password: Schema.optionalKey(Schema.String.annotate({ writeOnly: true })),
    auth: Schema.optionalKey(
      Schema.Union([
        Schema.Struct({ kind: Schema.Literal("key"), key: Schema.String.annotate({ writeOnly: true }) }),
        Schema.Struct({ kind: Schema.Literal("none") }),
      ]),
    ),
    headers: Schema.optionalKey(
      Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.String.annotate({ writeOnly: true }) })),
    ),
    more: Schema.optionalKey(Schema.Record(Schema.String, Schema.String.annotate({ writeOnly: true }))),
  })
  const settings = {
    host: "h",
    password: "s1",
    auth: { kind: "key", key: "s2" },
    headers: [
      { name: "a", value: "s3" },
      { name: "b", value: "s4" },
    ],
    more: { x: "s5" },
  }

  it("are found wherever the schema puts them, and go back to where they were", () => {
    const { secrets, shown } = hide(Config, settings)
    assert.deepStrictEqual(
      secrets.map(({ path, value }) => [pointer(path), value]),
      [
        ["/password", "s1"],
        ["/auth/key", "s2"],
        ["/headers/0/value", "s3"],
        ["/headers/1/value", "s4"],
        ["/more/x", "s5"],
      ],
    )
    assert.deepStrictEqual(shown, {
      host: "h",
      auth: { kind: "key" },
      headers: [{ name: "a" }, { name: "b" }],
      more: {},
    })
    assert.deepStrictEqual(
      secrets.reduce((whole, { path, value }) => put(whole, path, value), shown),
      settings,
    )
  })

  it("that are no text are not shown either", () => {
    assert.notInclude(JSON.stringify(hide(Config, { host: "h", password: { oops: "s1" } })), "s1")
  })

  const of = (destination: unknown) => ({ model: { name: "events" }, destination })

  it("are taken out of every part, also of one that takes the file's settings", () => {
    const whole = separate(of({ type: "postgres", host: "h", password: "s1", url: "s2" }), builtIn)
    assert.deepStrictEqual(whole.definition, of({ type: "postgres", host: "h" }))
    assert.deepStrictEqual(
      whole.secrets.map(({ path }) => pointer(path)),
      ["/destination/password", "/destination/url"],
    )
    assert.deepStrictEqual(
      separate(of({ use: "warehouse", password: "s1" }), builtIn).definition,
      of({ use: "warehouse" }),
    )
    assert.deepStrictEqual(separate(of("warehouse"), builtIn), { definition: of("warehouse"), secrets: [] })
  })

  it("are kept by a change that leaves them out, while they go to the same place", () => {
    const stored = [{ path: ["destination", "password"], sealed: "x" }]
    const before = of({ type: "postgres", host: "h", table: "t" })
    const after = (patch: unknown) => {
      const merged = mergePatch(before, patch)
      const old = kept(stored, patch, merged)
      return [old.length, misdirected(before, merged, old).map((field) => field.pointer)] as const
    }
    assert.deepStrictEqual(after({ destination: { table: "t2" } }), [1, []])
    assert.deepStrictEqual(after({ schedule: "hour" }), [1, []])
    assert.deepStrictEqual(after({ destination: { host: "evil" } }), [1, ["/destination/password"]])
    assert.deepStrictEqual(after({ destination: { selfSigned: true } }), [1, ["/destination/password"]])
    assert.deepStrictEqual(after({ destination: { type: "acme" } }), [1, ["/destination/password"]])
    assert.deepStrictEqual(after({ destination: { host: "evil", password: "s2" } }), [0, []])
    assert.deepStrictEqual(after({ destination: { password: null } }), [0, []])
    assert.deepStrictEqual(after({ destination: "warehouse" }), [0, []])
  })

  it("of the file do not follow where the API points", () => {
    assert.deepStrictEqual(redirected(of({ use: "warehouse", table: "t" })), [])
    assert.deepStrictEqual(
      redirected(of({ use: "warehouse", host: "evil" })).map((field) => field.pointer),
      ["/destination/host"],
    )
    assert.deepStrictEqual(
      redirected({ ...of("x"), source: { use: "a", url: "http://evil" } }).map((field) => field.pointer),
      ["/source/url"],
    )
  })
})
