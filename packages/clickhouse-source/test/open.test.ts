/** Reaching a ClickHouse, and what is said when that fails: by `open`, and step by step by `check`. */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { DateTime, Effect, Stream } from "effect"
import { client, configured } from "./support/reading.ts"
import { replaying } from "./support/servers.ts"
import { table } from "./support/table.ts"

layer(ClickHouseServer.layer, { excludeTestServices: true })("open", (it) => {
  const steps = Effect.fnUntraced(function* (
    options: Parameters<typeof configured>[1],
    to?: { url?: string; password?: string },
  ) {
    const server = yield* ClickHouseServer
    return yield* Stream.runCollect(configured({ ...server, ...to }, options).check)
  })
  const failure = Effect.fnUntraced(function* (
    options: Parameters<typeof configured>[1],
    to?: { url?: string; password?: string },
  ) {
    const server = yield* ClickHouseServer
    return yield* Effect.flip(Effect.scoped(configured({ ...server, ...to }, options).open))
  })

  it.effect("checks every step", () =>
    Effect.gen(function* () {
      const connection = yield* client(yield* ClickHouseServer)
      const full = yield* table(connection, [{ teamId: 1 }])
      const found = yield* steps({ selection: { table: full } })
      assert.deepStrictEqual(
        found.map(({ id, status }) => [id, status]),
        [
          ["connect", "passed"],
          ["tls", "skipped"],
          ...["authenticate", "database", "settings", "table", "columns", "privileges", "rows", "watermark"].map(
            (id) => [id, "passed"] as const,
          ),
          ["template", "passed"],
        ],
      )
      const rows = (all: typeof found) => all.find(({ id }) => id === "rows")?.detail
      assert.include(rows(found), "there are rows")
      const other = yield* steps({ selection: { table: full, teamId: 2 } })
      assert.include(rows(other), "no rows yet")
      assert.strictEqual(other.at(-1)?.status, "passed")
    }),
  )

  it.effect("knows the server's time", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const opened = yield* configured(server, { selection: { table: yield* table(yield* client(server), []) } }).open
      const [first, second] = [yield* opened.now, yield* opened.now]
      assert.isTrue(DateTime.isLessThanOrEqualTo(first, second))
      assert.isBelow(Math.abs(DateTime.toEpochMillis(first) - Date.now()), 60_000)
    }),
  )

  const wrong: ReadonlyArray<
    readonly [string, Parameters<typeof configured>[1], { url?: string; password?: string }, string, string, string]
  > = [
    ["a wrong password", {}, { password: "wrong-secret" }, "AuthenticationFailed", "516", "authenticate"],
    ["an unknown user", { config: { user: "nobody" } }, {}, "AuthenticationFailed", "516", "authenticate"],
    ["an unknown database", { config: { database: "nowhere" } }, {}, "SourceMissing", "81", "database"],
    ["an unknown table", { selection: { table: "nothing" } }, {}, "SourceMissing", "60", "table"],
    [
      "an unknown database of the table",
      { selection: { table: "nowhere.events" } },
      {},
      "SourceMissing",
      "81",
      "table",
    ],
    ["a table that is something else", { selection: { table: "system.one" } }, {}, "SourceMissing", "", "columns"],
    ["a port where nobody listens", {}, { url: "http://127.0.0.1:1" }, "ConnectionFailed", "ECONNREFUSED", "connect"],
    [
      "a host without an address",
      {},
      { url: "http://clickhouse.invalid:8123" },
      "HostNotFound",
      "ENOTFOUND",
      "connect",
    ],
  ]
  for (const [what, options, to, reason, code, step] of wrong) {
    it.effect(`refuses ${what}`, () =>
      Effect.gen(function* () {
        const error = yield* failure(options, to)
        assert.strictEqual(error.reason, reason, error.message)
        assert.strictEqual(error.code ?? "", code)
        assert.include(error.message, to.url ?? (yield* ClickHouseServer).url)
        assert.notInclude(error.message + error.remedy, "wrong-secret")

        const found = yield* steps(options, to)
        assert.strictEqual(found.at(-1)?.id, step)
        assert.strictEqual(found.at(-1)?.status, "failed")
        assert.strictEqual(found.at(-1)?.remedy, error.remedy)
        assert.isTrue(found.slice(0, -1).every(({ status }) => status !== "failed"))
      }),
    )
  }

  it.effect("says which columns a table lacks", () =>
    Effect.gen(function* () {
      const error = yield* failure({ selection: { table: "system.one" } })
      assert.include(error.message, "lacks uuid, event, properties")
    }),
  )

  it.effect("does not take a server that cannot count for one that can", () =>
    Effect.gen(function* () {
      const { events } = yield* Effect.promise(() => import("../src/models/events.ts"))
      const columns = events({ name: "events", teamId: 1 }).tables[0]?.columns ?? []
      const server = yield* replaying((asked, response) => {
        if (asked.query.startsWith("DESCRIBE"))
          response.end(columns.map((name) => `${JSON.stringify({ name })}\n`).join(""))
        else response.end(asked.params.has("format_template_row_format") ? "0\n1\n2\n" : "{}\n")
      })
      const found = yield* Stream.runCollect(configured(server).check)
      assert.deepInclude(found.at(-1), { id: "template", status: "failed" })
    }),
  )

  it.effect("gives the same definition to the same export, wherever it is", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* table(yield* client(server), [])
      const of = (selection: object, config: object = {}) =>
        Effect.scoped(configured(server, { selection: { table: name, ...selection }, config }).open).pipe(
          Effect.map(({ definition }) => definition),
        )
      const one = yield* of({ teamId: 1 })
      assert.match(one, /^[0-9a-f]{32}$/)
      assert.strictEqual(yield* of({ teamId: [1, 1] }), one)
      assert.strictEqual(
        yield* of({ teamId: 1 }, { settings: { max_threads: 1 }, url: server.url.replace("127.0.0.1", "localhost") }),
        one,
      )
      assert.strictEqual(yield* of({ teamId: [2, 1] }), yield* of({ teamId: [1, 2] }))
      assert.notStrictEqual(yield* of({ teamId: 2 }), one)
      assert.notStrictEqual(yield* of({ teamId: "all" }), one)
      assert.notStrictEqual(yield* of({ teamId: 1, table: `default.${name}` }), one)
    }),
  )
})
