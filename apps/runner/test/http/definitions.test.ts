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

  it("are not shown under keys that nobody knows", () => {
    const misspelt = {
      ...settings,
      passwrod: "s6",
      headers: [{ name: "a", valeu: "s7" }],
      auth: { kind: "key", kye: "s8" },
    }
    const { shown } = hide(Config, misspelt, "dropped")
    assert.deepStrictEqual(shown, { host: "h", auth: { kind: "key" }, headers: [{ name: "a" }], more: {} })
    // To be told that it is wrong, whoever wrote it must find it.
    assert.include(JSON.stringify(hide(Config, misspelt).shown), "s6")
    for (const { Config } of [...builtIn.sources, ...builtIn.destinations]) {
      assert.deepStrictEqual(hide(Config, { passwrod: "s1", nested: { deeper: "s2" } }, "dropped").shown, {})
    }
    const query = {
      url: "http://c",
      failover: ["http://d"],
      settings: { max_threads: 4 },
      user: "u",
      settle: "1 second",
    }
    for (const { Config, name } of builtIn.sources) {
      if (name === "clickhouse") assert.deepStrictEqual(hide(Config, query, "dropped").shown, query)
    }
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

  const sealed = (...keys: ReadonlyArray<string>) => keys.map((key) => ({ path: ["destination", key], sealed: "x" }))
  /** What asks for a secret again after a change of an export that has these. */
  const asked = (before: unknown, secrets: ReturnType<typeof sealed>, patch: unknown, plugins = builtIn) => {
    const merged = mergePatch(before, patch)
    const old = kept(secrets, patch, merged)
    const elsewhere = misdirected({ definition: before, secrets }, separate(merged, plugins), old, plugins)
    return [old.length, elsewhere.map((field) => field.pointer)] as const
  }

  it("are kept by a change that leaves them out, while nothing else of their part changes but what is set aside", () => {
    const before = of({ type: "postgres", host: "h", table: "t" })
    const after = (destination: unknown) => asked(before, sealed("password"), { destination })
    for (const aside of [
      { table: "t2" },
      { merge: "last-read" },
      { schema: "s", ledgerTable: "l", lockTimeout: "1 second" },
    ])
      assert.deepStrictEqual(after(aside), [1, []])
    assert.deepStrictEqual(asked(before, sealed("password"), { schedule: "hour", model: { name: "persons" } }), [1, []])
    for (const elsewhere of [
      { host: "evil" },
      { host: null },
      { selfSigned: true },
      { type: "acme" },
      { type: "file" },
      { use: "warehouse" },
      { unknown: 1 },
      { nested: { deeper: "evil" } },
      // A secret may be an address, or whom to trust there.
      { url: "postgres://evil" },
      { clientKey: "k" },
    ])
      assert.deepStrictEqual(after(elsewhere), [1, ["/destination/password"]], JSON.stringify(elsewhere))
    assert.deepStrictEqual(after({ host: "evil", password: "s2" }), [0, []])
    assert.deepStrictEqual(after({ password: null }), [0, []])
    assert.deepStrictEqual(after("warehouse"), [0, []])
    const two = sealed("password", "clientKey")
    assert.deepStrictEqual(asked(before, two, { destination: { clientKey: null } }), [1, ["/destination/password"]])
    const deep = of({ type: "postgres", proxy: { host: "h" } })
    const deeper = { destination: { proxy: { host: "evil" } } }
    assert.deepStrictEqual(asked(deep, sealed("password"), deeper), [1, ["/destination/password"]])
  })

  it("of a source do not follow to another server, nor to one that stands in", () => {
    const before = { model: { name: "events" }, source: { type: "clickhouse", url: "https://c" } }
    const secrets = [{ path: ["source", "password"], sealed: "x" }]
    for (const [key, value, pointers] of [
      ["settings", { max_threads: 2 }, []],
      ["failover", ["https://evil"], ["/source/password"]],
      ["connectTimeout", "1 millis", ["/source/password"]],
      ["user", "other", ["/source/password"]],
    ] as const)
      assert.deepStrictEqual(asked(before, secrets, { source: { [key]: value } }), [1, [...pointers]], key)
  })

  it("of the file do not follow where the API points", () => {
    const vocabulary = {
      plugins: builtIn,
      sources: [{ name: "a", type: "clickhouse" }],
      destinations: [{ name: "warehouse", type: "postgres" }],
    }
    const refused = (definition: unknown) => redirected(definition, vocabulary).map((field) => field.pointer)
    assert.deepStrictEqual(refused(of({ use: "warehouse", table: "t", schema: "s", copyFormat: "text" })), [])
    for (const key of ["host", "type", "url", "password", "sslmode", "database", "unknown"])
      assert.deepStrictEqual(refused(of({ use: "warehouse", [key]: "evil" })), [`/destination/${key}`])
    assert.deepStrictEqual(
      refused({ ...of("x"), source: { use: "a", failover: ["http://evil"], connectTimeout: "1 ms", settle: "1 s" } }),
      ["/source/failover", "/source/connectTimeout"],
    )
  })
})
