/** A server that cannot be reached, a log-in that fails, a database that is not what it should be: each has its reason. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { connect as dial, createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freshSchema, Postgres } from "./support/database.ts"
import { pairRows } from "./support/model.ts"
import { configure, count, destination, exportText, runOf, type Settings, settingsFor } from "./support/run.ts"
import { plain } from "./support/variant.ts"

const failure = Effect.fnUntraced(function* (changes: Settings) {
  const settings = yield* settingsFor("public", changes)
  return yield* Effect.flip(configure(settings).plan(runOf()))
})

const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

layer(Postgres.layer, { excludeTestServices: true })("connection", (it) => {
  it.effect("nobody listens", () =>
    Effect.gen(function* () {
      const error = yield* failure({ port: yield* freePort })
      assert.strictEqual(error.reason, "ConnectionFailed")
      assert.strictEqual(error.code, "ECONNREFUSED")
    }),
  )

  it.effect("a host name that does not exist", () =>
    Effect.gen(function* () {
      const { reason } = yield* failure({ host: "no-such-host.invalid" })
      // Without a name server at all, the resolver says "try again".
      assert.include(["HostNotFound", "ConnectionFailed"], reason)
    }),
  )

  it.effect("a server that never answers", () =>
    Effect.gen(function* () {
      const port = yield* Effect.acquireRelease(
        Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
          const server = createServer((socket) => socket.on("error", () => {}))
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const found = typeof address === "object" && address !== null ? address.port : 0
            resume(Effect.succeed({ port: found, close: () => server.close() }))
          })
        }),
        ({ close }) => Effect.sync(close),
      )
      const error = yield* failure({ port: port.port, connectTimeout: "200 millis" })
      assert.strictEqual(error.reason, "ConnectionFailed")
      assert.match(error.message, /connectTimeout/)
    }),
  )

  it.effect("a server that is no Postgres", () =>
    Effect.gen(function* () {
      const port = yield* Effect.acquireRelease(
        Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
          const server = createServer((socket) => {
            socket.on("error", () => {})
            socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")
          })
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const found = typeof address === "object" && address !== null ? address.port : 0
            resume(Effect.succeed({ port: found, close: () => server.close() }))
          })
        }),
        ({ close }) => Effect.sync(close),
      )
      assert.strictEqual((yield* failure({ port: port.port })).reason, "ConnectionFailed")
    }),
  )

  for (const [what, changes, reason, code] of [
    ["a wrong password", { password: "not the password" }, "AuthenticationFailed", "28P01"],
    ["no password", { password: undefined }, "AuthenticationFailed", undefined],
    ["a wrong user", { user: "nobody" }, "AuthenticationFailed", "28P01"],
    ["a missing database", { database: "missing" }, "DatabaseMissing", "3D000"],
    ["a missing schema", { schema: "missing" }, "SchemaMissing", undefined],
  ] as const) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const error = yield* failure(changes)
        assert.strictEqual(error.reason, reason)
        assert.strictEqual(error.code, code)
        assert.notInclude(JSON.stringify(error), "not the password")
        assert.isNotEmpty(error.remedy)
      }),
    )
  }

  it.effect("a password elsewhere on the machine is not used", () =>
    Effect.gen(function* () {
      const { password } = yield* Postgres
      const before = process.env["PGPASSWORD"]
      process.env["PGPASSWORD"] = password
      process.env["PGOPTIONS"] = "-c statement_timeout=1"
      const error = yield* failure({ password: undefined }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            delete process.env["PGOPTIONS"]
            if (before === undefined) delete process.env["PGPASSWORD"]
            else process.env["PGPASSWORD"] = before
          }),
        ),
      )
      assert.strictEqual(error.reason, "AuthenticationFailed")
    }),
  )

  it.effect("a Unix socket, which needs no encryption", () =>
    Effect.gen(function* () {
      const { host, port } = yield* Postgres
      const schema = yield* freshSchema
      const directory = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "pg-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true })),
      )
      yield* Effect.acquireRelease(
        Effect.callback<Server>((resume) => {
          const server = createServer((client) => {
            const upstream = dial(port, host)
            for (const socket of [client, upstream]) socket.on("error", () => {})
            client.pipe(upstream).pipe(client)
          })
          server.listen(join(directory, ".s.PGSQL.5432"), () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close()),
      )
      const settings = { host: directory, port: 5432, ...plain }
      yield* exportText(yield* destination(schema, settings), runOf(), pairRows(5))
      assert.strictEqual(yield* count(schema), 5)
    }),
  )

  it.effect("a database of another encoding", () =>
    Effect.gen(function* () {
      const { sql } = yield* Postgres
      yield* Effect.acquireRelease(sql(`CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`), () =>
        sql(`DROP DATABASE latin WITH (FORCE)`),
      )
      const error = yield* failure({ database: "latin" })
      assert.strictEqual(error.reason, "TargetIncompatible")
      assert.match(error.message, /LATIN1/)
    }),
  )

  it.effect("no more connections", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const role = `limited_${schema}`
      yield* Effect.acquireRelease(sql(`CREATE USER ${role} WITH PASSWORD 'x' CONNECTION LIMIT 0`), () =>
        sql(`DROP ROLE ${role}`),
      )
      const error = yield* failure({ user: role, password: "x" })
      assert.strictEqual(error.reason, "TooBusy")
      assert.strictEqual(error.code, "53300")
    }),
  )

  it.effect("an encoding that the source does not write", () =>
    Effect.gen(function* () {
      const to = yield* destination("public")
      const error = yield* Effect.flip(to.plan(runOf({ offers: ["jsonl"] })))
      assert.strictEqual(error.reason, "Unsupported")
    }),
  )
})
