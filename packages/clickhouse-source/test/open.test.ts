/** Reaching a ClickHouse, and what is said when that fails: by `open`, and step by step by `check`. */
import { assert, layer } from "@effect/vitest"
import { certificates, ClickHouseServer } from "@batch-exports/dev-services"
import { DateTime, Effect, Stream } from "effect"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
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
        ["connect", "authenticate", "table", "columns", "rows", "template"].map((id) => [id, "passed"]),
      )
      assert.include(found[4]?.detail, "there are rows")
      const other = yield* steps({ selection: { table: full, teamId: 2 } })
      assert.include(other[4]?.detail, "no rows yet")
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
    ["an unknown database", { config: { database: "nowhere" } }, {}, "SourceMissing", "81", "authenticate"],
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
        assert.isTrue(found.slice(0, -1).every(({ status }) => status === "passed"))
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

  it.effect("tells the ways in which TLS fails from each other", () =>
    Effect.gen(function* () {
      const plain = (yield* ClickHouseServer).url
      assert.strictEqual((yield* failure({}, { url: plain.replace("http:", "https:") })).reason, "TlsUnavailable")

      const authority = yield* certificates.authority()
      const other = yield* certificates.authority()
      const cases = [
        [yield* certificates.selfSigned(), undefined, "TlsUntrusted"],
        [yield* certificates.server(authority), undefined, "TlsUntrusted"],
        [yield* certificates.server(authority), other.cert, "TlsUntrusted"],
        [yield* certificates.expired(authority), authority.cert, "TlsUntrusted"],
        [yield* certificates.wrongHost(authority), authority.cert, "TlsUntrusted"],
        [yield* certificates.server(authority), authority.cert, "SourceMissing"],
      ] as const
      for (const [pair, ca, reason] of cases) {
        const url = yield* Effect.acquireRelease(
          Effect.promise(async () => {
            const server = createServer({ cert: pair.cert, key: pair.key }, (_, response) => response.end())
            await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
            return server
          }),
          (server) => Effect.promise(() => new Promise((resolve) => server.close(resolve))),
        ).pipe(Effect.map((server) => `https://127.0.0.1:${(server.address() as AddressInfo).port}`))
        const error = yield* failure({ config: ca === undefined ? {} : { ca } }, { url })
        assert.strictEqual(error.reason, reason, error.message)
      }
    }).pipe(Effect.scoped),
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
        yield* of({ teamId: 1 }, { settings: { maxThreads: 1 }, url: server.url.replace("127.0.0.1", "localhost") }),
        one,
      )
      assert.strictEqual(yield* of({ teamId: [2, 1] }), yield* of({ teamId: [1, 2] }))
      assert.notStrictEqual(yield* of({ teamId: 2 }), one)
      assert.notStrictEqual(yield* of({ teamId: "all" }), one)
      assert.notStrictEqual(yield* of({ teamId: 1, table: `default.${name}` }), one)
    }),
  )
})
