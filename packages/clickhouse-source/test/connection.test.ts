/** Reaching ClickHouse: by TLS and certificates, by the second of two addresses, and what `check` says of each. */
import { generateKeyPairSync } from "node:crypto"
import { createServer as createTcpServer, type AddressInfo } from "node:net"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { certificates, ClickHouseServer } from "@batch-exports/dev-services"
import { assert, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { serverCodes } from "../src/errors/codes.ts"
import { client, configured, created, day, projection, readAll, run } from "./support/reading.ts"
import { encrypted, mortal, type Reachable, replaying } from "./support/servers.ts"
import { bulk, table } from "./support/table.ts"

layer(ClickHouseServer.layer, { excludeTestServices: true })("a connection", (it) => {
  const one = Effect.gen(function* () {
    const server = yield* ClickHouseServer
    return { server, selection: { table: yield* table(yield* client(server), [{}]) } }
  })
  const read = Effect.fnUntraced(function* (server: Reachable, options: Parameters<typeof configured>[1]) {
    const opened = yield* configured(server, options).open
    return (yield* readAll(opened, { projection: projection(opened.model, "jsonl", ["event"]) })).text
  }, Effect.scoped)
  const checked = (server: Reachable, options: Parameters<typeof configured>[1]) =>
    Stream.runCollect(configured(server, options).check)

  it.effect("is encrypted and verified, or says why it is not", () =>
    Effect.gen(function* () {
      const { selection, server } = yield* one
      const authority = yield* certificates.authority()
      const other = yield* certificates.authority()
      const trusted = yield* certificates.server(authority)
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "clickhouse-tls-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
      )
      const file = join(folder, "ca.pem")
      writeFileSync(file, authority.cert)
      const verified = { rootCertificate: authority.cert }
      const cases = [
        ["self-signed", yield* certificates.selfSigned(), {}, "TlsUntrusted"],
        ["of an authority that is not given", trusted, {}, "TlsUntrusted"],
        ["of another authority", trusted, { rootCertificate: other.cert }, "TlsUntrusted"],
        ["expired", yield* certificates.expired(authority), verified, "TlsUntrusted"],
        ["for another host", yield* certificates.wrongHost(authority), verified, "TlsUntrusted"],
        ["of the given authority", trusted, verified, undefined],
        ["of the authority in a file", trusted, { rootCertificate: file }, undefined],
        ["not looked at", yield* certificates.selfSigned(), { selfSigned: true }, undefined],
        ["an authority that is none", trusted, { rootCertificate: "-----BEGIN CERTIFICATE-----\nx" }, "TlsUntrusted"],
        ["an authority that is not there", trusted, { rootCertificate: join(folder, "no.pem") }, "TlsUntrusted"],
      ] as const
      for (const [what, { cert, key }, config, reason] of cases) {
        const front = yield* encrypted(server, { cert, key })
        const steps = yield* checked(front, { selection, config })
        const tls = steps.find(({ id }) => id === "tls")
        if (reason === undefined) {
          assert.strictEqual(yield* read(front, { selection, config }), '{"event":"event"}\n', what)
          assert.strictEqual(steps.at(-1)?.id, "template", what)
          assert.strictEqual(tls?.status, "selfSigned" in config ? "skipped" : "passed")
          assert.match(tls?.detail ?? "", "selfSigned" in config ? /anyone could answer/ : /^TLSv1.3, verified by root/)
        } else {
          const error = yield* Effect.flip(read(front, { selection, config }))
          assert.strictEqual(error.reason, reason, `${what}: ${error.message}`)
          assert.deepInclude(tls, { status: "failed", detail: error.message, remedy: error.remedy }, what)
        }
      }
      const plain = yield* Effect.flip(read({ ...server, url: server.url.replace("http:", "https:") }, { selection }))
      assert.strictEqual(plain.reason, "TlsUnavailable", plain.message)
    }).pipe(Effect.scoped),
  )

  it.effect("shows a client certificate to whoever asks for one, and logs in with it without a password", () =>
    Effect.gen(function* () {
      const { selection, server } = yield* one
      const authority = yield* certificates.authority()
      const { cert, key } = yield* certificates.server(authority)
      const mine = yield* certificates.client(authority, "exporter")
      const foreign = yield* certificates.client(yield* certificates.authority(), "exporter")
      const asking = { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: true }
      const basic = `Basic ${Buffer.from(`${server.user}:${server.password}`).toString("base64")}`
      const login: Array<string | undefined> = []
      const front = yield* encrypted(server, asking, (given) => {
        const certificate = given["x-clickhouse-ssl-certificate-auth"]
        login.push(certificate === undefined ? "password" : `${String(given["x-clickhouse-user"])} by certificate`)
        // The engine knows passwords only; a real server would take the certificate's name for the user's.
        return certificate === undefined ? given : { ...given, authorization: basic }
      })
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
      const others = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
      const config = { rootCertificate: authority.cert, clientCertificate: mine.cert, clientKey: mine.key }
      assert.strictEqual(yield* read(front, { selection, config }), '{"event":"event"}\n')
      assert.isTrue(login.every((by) => by === "password"))
      login.length = 0
      const withoutPassword = { ...front, password: "", user: "exporter" }
      assert.strictEqual(yield* read(withoutPassword, { selection, config }), '{"event":"event"}\n')
      assert.isTrue(login.length > 0 && login.every((by) => by === "exporter by certificate"), login.join())

      // A server's alert may be overtaken by the end of the connection, and Node's server gives none for a foreign certificate.
      const turnedAway = ["AuthenticationFailed", "ConnectionLost"]
      for (const [what, changes, reasons] of [
        ["none", { clientCertificate: undefined, clientKey: undefined }, turnedAway],
        ["of another authority", { clientCertificate: foreign.cert, clientKey: foreign.key }, turnedAway],
        ["with another key", { clientKey: others }, ["AuthenticationFailed"]],
      ] as const) {
        const { clientCertificate, clientKey, rootCertificate } = { ...config, ...changes }
        const tried =
          clientCertificate === undefined ? { rootCertificate } : { rootCertificate, clientCertificate, clientKey }
        const error = yield* Effect.flip(read(front, { selection, config: tried }))
        assert.include(reasons, error.reason, `${what}: ${error.message}`)
        if (error.reason === "AuthenticationFailed") assert.match(error.remedy, /clientCertificate/)
        assert.notInclude(error.message, "PRIVATE KEY")
      }
    }).pipe(Effect.scoped),
  )

  it.effect("is given up where none comes about in time", () =>
    Effect.gen(function* () {
      // It takes the connection in and says nothing: no TLS ever begins.
      const url = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const server = createTcpServer(() => {})
          await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
          return server
        }),
        (server) => Effect.sync(() => server.close()),
      ).pipe(Effect.map((server) => `https://127.0.0.1:${(server.address() as AddressInfo).port}`))
      const silent = { url, user: "default", password: "" }
      const config = { connectTimeout: "200 millis" }
      const error = yield* Effect.flip(read(silent, { config }))
      assert.strictEqual(error.reason, "ConnectionFailed")
      assert.strictEqual(error.code, "ETIMEDOUT")
      assert.deepInclude((yield* checked(silent, { config })).at(-1), { id: "tls", status: "failed" })
    }).pipe(Effect.scoped),
  )

  it.effect("goes to the next server where one is dead, and stays there", () =>
    Effect.gen(function* () {
      const { selection, server } = yield* one
      const live = yield* mortal(server)
      const dead = { ...server, url: "http://127.0.0.1:1" }
      const options = { selection, config: { failover: ["http://clickhouse.invalid:8123", live.url, server.url] } }
      assert.strictEqual(yield* read(dead, options), '{"event":"event"}\n')
      assert.isAbove(live.asked(), 2)
      const steps = yield* checked(dead, options)
      assert.match(steps[0]?.detail ?? "", new RegExp(`^${live.url}; ${server.url}; ClickHouse at http://127.0.0.1:1 `))
      assert.strictEqual(steps.at(-1)?.id, "template")

      const none = { selection, config: { failover: ["http://clickhouse.invalid:8123"] } }
      const error = yield* Effect.flip(read(dead, none))
      assert.strictEqual(error.reason, "ConnectionFailed", "another attempt may find one of them")
      assert.include(error.message, "http://127.0.0.1:1")
      assert.include(error.message, "clickhouse.invalid")
      assert.deepInclude((yield* checked(dead, none)).at(-1), { id: "connect", status: "failed" })

      const refused = yield* Effect.flip(
        read({ ...live, password: "wrong" }, { selection, config: { failover: [server.url] } }),
      )
      assert.strictEqual(refused.reason, "AuthenticationFailed", "another server would say the same")
    }).pipe(Effect.scoped),
  )

  it.effect("fails an attempt whose server dies; the next attempt is the other server's from its first query on", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* bulk(yield* client(server), { rows: 20_000, bytes: 1000 })
      const [first, second] = [yield* mortal(server), yield* mortal(server)]
      const source = configured(first, { selection: { table: name }, config: { failover: [second.url] } })
      const attempt = Effect.fnUntraced(function* (dying: boolean) {
        const opened = yield* source.open
        const reading = yield* opened.read({
          run: run(opened, day),
          window: day,
          projection: projection(opened.model, "postgres-copy-text", created(opened.model)),
        })
        yield* Effect.tryPromise({
          try: async () => {
            for await (const chunk of reading.bytes) if (dying && chunk.length > 0) first.die()
          },
          catch: (cause) => reading.failure() ?? (cause as never),
        })
        return yield* reading.tally
      }, Effect.scoped)
      const error = yield* Effect.flip(attempt(true))
      assert.strictEqual(error.reason, "ConnectionLost", error.message)
      assert.strictEqual(error.recovery, "retry")
      assert.strictEqual(second.asked(), 0)
      assert.strictEqual((yield* attempt(false)).rows, 20_000)
      const before = first.asked()
      assert.strictEqual((yield* attempt(false)).rows, 20_000)
      assert.strictEqual(first.asked(), before, "it stays where it was answered")
    }).pipe(Effect.scoped),
  )

  it.effect("has a meaning for every error of this engine", () =>
    Effect.gen(function* () {
      const connection = yield* client(yield* ClickHouseServer)
      const answer = yield* Effect.promise(() =>
        connection.query({
          query: "SELECT DISTINCT toString(code) AS id, name FROM system.errors WHERE code > 0",
          format: "JSONEachRow",
          clickhouse_settings: { system_events_show_zero_values: 1 },
        }),
      )
      const errors = yield* Effect.promise(() => answer.json<{ id: string; name: string }>())
      assert.isAbove(errors.length, 600)
      assert.deepStrictEqual(
        errors.filter(({ id, name }) => serverCodes[id]?.name !== name),
        [],
      )
    }).pipe(Effect.scoped),
  )

  it.effect("says which privilege a user lacks, and goes on where it can do without", () =>
    Effect.gen(function* () {
      const { events } = yield* Effect.promise(() => import("../src/models/events.ts"))
      const columns = events({ name: "events", teamId: 1 }).tables[0]?.columns ?? []
      const denying = (denied: RegExp, code = 497) =>
        replaying((asked, response) => {
          if (denied.test(asked.query))
            response
              .writeHead(403, { "X-ClickHouse-Exception-Code": String(code) })
              .end(`Code: ${code}. DB::Exception: exporter: Not enough privileges. (ACCESS_DENIED)`)
          else if (asked.query.startsWith("DESCRIBE"))
            response.end(columns.map((name) => `${JSON.stringify({ name })}\n`).join(""))
          else response.end(asked.params.has("format_template_row_format") ? "0\n1\n2\nend3" : "{}\n")
        })
      for (const [denied, step, remedy] of [
        [/^DESCRIBE/, "table", /Grant the user SELECT/],
        [/^SELECT uuid, event, .* LIMIT 0/s, "privileges", /Grant the user SELECT/],
        [/^SELECT 1(?! FROM)/, "settings", /Grant|readonly/],
      ] as const) {
        const last = (yield* checked(yield* denying(denied), {})).at(-1)
        assert.deepInclude(last, { id: step, status: "failed" })
        assert.match(last?.remedy ?? "", remedy)
      }
      const steps = yield* checked(yield* denying(/system.processes/), {})
      const watermark = steps.find(({ id }) => id === "watermark")
      assert.strictEqual(watermark?.status, "skipped")
      assert.match(watermark?.remedy ?? "", /GRANT SELECT ON system.processes/)
      assert.deepInclude(steps.at(-1), { id: "template", status: "passed" })
    }).pipe(Effect.scoped),
  )
})
