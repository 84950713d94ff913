import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { checkServerIdentity, type PeerCertificate } from "node:tls"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Client, type ClientConfig } from "pg"
import { certificates, type DevPostgres, postgres, PostgresServer } from "../src/index.ts"

type Tls = NonNullable<ClientConfig["ssl"]>

const ask = (server: DevPostgres, sql: string, config: ClientConfig = {}) =>
  Effect.promise(async () => {
    const { database, host, password, port, user } = server
    const client = new Client({ database, host, password, port, user, ...config })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  })

/** The code of the error that connecting ends with: OpenSSL's, or an SQLSTATE. */
const refusal = (server: DevPostgres, config: ClientConfig = {}): Effect.Effect<string> =>
  Effect.promise(async () => {
    const { database, host, password, port, user } = server
    const client = new Client({ database, host, password, port, user, ...config })
    try {
      await client.connect()
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
    await client.end()
    throw new Error("the server let us in")
  })

const verifying = (server: DevPostgres, more: object = {}): { readonly ssl: Tls } => ({
  ssl: { ca: server.ca ?? "", ...more },
})

layer(PostgresServer.layer)("postgres", (it) => {
  it.effect("is reached over TLS, verified in full, by name and by address", () =>
    Effect.gen(function* () {
      const server = yield* PostgresServer
      const sql = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
      // Left to itself, the client checks for "localhost" when it is given an address.
      const address = {
        checkServerIdentity: (_: string, cert: PeerCertificate) => checkServerIdentity(server.host, cert),
      }
      assert.deepStrictEqual(yield* ask(server, sql, verifying(server, address)), [{ version: "TLSv1.3" }])
      assert.deepStrictEqual(yield* ask(server, sql, { ...verifying(server), host: "localhost" }), [
        { version: "TLSv1.3" },
      ])
      const byUrl = yield* ask(server, sql, { connectionString: server.url })
      assert.deepStrictEqual(byUrl, [{ version: "TLSv1.3" }])
      assert.strictEqual(readFileSync(server.caFile ?? "", "utf8"), server.ca)
    }),
  )

  it.effect("refuses plaintext, a wrong password, and clients see an authority that they do not know", () =>
    Effect.gen(function* () {
      const server = yield* PostgresServer
      assert.strictEqual(yield* refusal(server, { ssl: false }), "28000")
      assert.strictEqual(yield* refusal({ ...server, password: "wrong" }, verifying(server)), "28P01")
      assert.strictEqual(yield* refusal(server, { ssl: true }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE")
    }),
  )

  it.effect("is a Postgres 18 in UTC and UTF-8 with passwords that are hashed", () =>
    Effect.gen(function* () {
      const server = yield* PostgresServer
      const sql = `SELECT current_setting('server_version') AS version, current_setting('TimeZone') AS zone,
        current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
        (SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = current_user) AS password`
      const expected = {
        version: server.version,
        zone: "UTC",
        encoding: "UTF8",
        fsync: "off",
        password: "SCRAM-SHA-256",
      }
      assert.deepStrictEqual(yield* ask(server, sql, verifying(server)), [expected])
      assert.match(server.version, /^18\./)
    }),
  )
})

describe("certificates", () => {
  it.live("make a server that clients must refuse, each for its own reason", () =>
    Effect.gen(function* () {
      const ca = yield* certificates.authority()
      const cases = [
        [yield* certificates.expired(ca), "CERT_HAS_EXPIRED"],
        [yield* certificates.wrongHost(ca), "ERR_TLS_CERT_ALTNAME_INVALID"],
        [yield* certificates.selfSigned(), "DEPTH_ZERO_SELF_SIGNED_CERT"],
        [yield* certificates.server(yield* certificates.authority("Another")), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
      ] as const
      for (const [tls, code] of cases)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const server = yield* postgres({ authority: ca, tls })
            assert.strictEqual(yield* refusal(server, verifying(server)), code)
            const blind = yield* ask(server, "SELECT 1 AS a", { ssl: { rejectUnauthorized: false } })
            assert.deepStrictEqual(blind, [{ a: 1 }])
          }),
        )
    }),
  )

  it.live("let clients prove who they are", () =>
    Effect.gen(function* () {
      const ca = yield* certificates.authority()
      const server = yield* postgres({ authority: ca, clientCertificate: "verify-full" })
      const mine = yield* certificates.client(ca, server.user)
      assert.deepStrictEqual(yield* ask(server, "SELECT 1 AS a", verifying(server, mine)), [{ a: 1 }])
      assert.strictEqual(yield* refusal(server, verifying(server)), "28000")
      const other = yield* certificates.client(ca, "somebody")
      assert.strictEqual(yield* refusal(server, verifying(server, other)), "28P01")
    }),
  )
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "kept-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true })),
)

describe("options", () => {
  it.live("allow plaintext, no TLS at all, and settings", () =>
    Effect.gen(function* () {
      const both = yield* postgres({ plaintext: true, settings: { max_connections: "7" } })
      const sql = "SELECT current_setting('max_connections') AS n"
      assert.deepStrictEqual(yield* ask(both, sql, { ssl: false }), [{ n: "7" }])
      assert.deepStrictEqual(yield* ask(both, sql, verifying(both)), [{ n: "7" }])
      const plain = yield* postgres({ tls: false })
      assert.strictEqual(plain.ca, undefined)
      assert.deepStrictEqual(yield* ask(plain, "SELECT 1 AS a", { connectionString: plain.url }), [{ a: 1 }])
    }),
  )

  it.live("tell why a server cannot start", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(postgres({ settings: { max_connections: "none" } })))
      assert.match(error.message, /invalid value for parameter "max_connections"/)
      assert.match(error.remedy, /DATABASE_URL/)
    }),
  )

  it.live("keep a folder: the data, the password and the authority", () =>
    Effect.gen(function* () {
      const parent = yield* folder
      chmodSync(parent, 0o755)
      const dataDir = join(parent, "pg")
      const run = (sql: string) =>
        Effect.scoped(
          Effect.gen(function* () {
            const server = yield* postgres({ dataDir })
            return { server, rows: yield* ask(server, sql, verifying(server)) }
          }),
        )
      const first = yield* run("CREATE TABLE t AS SELECT 42 AS a")
      const second = yield* run("SELECT a, current_setting('fsync') AS fsync FROM t")
      assert.deepStrictEqual(second.rows, [{ a: 42, fsync: "on" }])
      assert.strictEqual(second.server.password, first.server.password)
      assert.strictEqual(second.server.ca, first.server.ca)
      const inUse = yield* postgres({ dataDir })
      const error = yield* Effect.flip(Effect.scoped(postgres({ dataDir })))
      assert.match(error.message, /postmaster.pid/)
      assert.deepStrictEqual(yield* ask(inUse, "SELECT a FROM t", verifying(inUse)), [{ a: 42 }])
    }),
  )

  it.live("keep a folder that other users cannot enter, and forget it when it is gone", () =>
    Effect.gen(function* () {
      const parent = yield* folder
      const count = (name: string, sql: string) =>
        Effect.scoped(
          Effect.flatMap(postgres({ dataDir: join(parent, name) }), (server) => ask(server, sql, verifying(server))),
        )
      // Where the data are when we are root and the server is not; else in the folder itself.
      const home = (name: string) => {
        const note = join(parent, name, "moved-to")
        return existsSync(note) ? readFileSync(note, "utf8").trim() : join(parent, name)
      }
      yield* count("first", "CREATE TABLE t AS SELECT 1 AS a")
      assert.deepStrictEqual(yield* count("first", "SELECT a FROM t"), [{ a: 1 }])
      const [first, isMoved] = [home("first"), home("first") !== join(parent, "first")]
      assert.strictEqual(isMoved, process.getuid?.() === 0)
      rmSync(join(parent, "first"), { recursive: true })
      yield* count("second", "SELECT 1")
      const second = home("second")
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(second, { recursive: true, force: true })))
      assert.isFalse(existsSync(first))
    }),
  )
})
