/** Who is believed to be the server, by each way of saying it, against servers with each kind of certificate. */
import { certificates } from "@batch-exports/dev-services"
import { assert, it, layer } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import { fork } from "node:child_process"
import { createPrivateKey } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Database, start } from "./support/database.ts"
import { configure, reasonOf, runOf, type Settings } from "./support/run.ts"

const connectionOf = ({ database, host, password, port, user }: Database): Settings => ({
  host,
  port,
  user,
  password,
  database,
  table: "t",
})

const planWith = (database: Database, settings: Settings) =>
  configure({ ...connectionOf(database), ...settings }).plan(runOf())

/** A certificate of an authority of one's own, for this host; no unencrypted connections. */
class Ordinary extends Context.Service<Ordinary>()("test/Ordinary", {
  make: Effect.gen(function* () {
    const authority = yield* certificates.authority()
    return { authority, database: yield* start({ authority, tls: yield* certificates.server(authority) }) }
  }),
}) {
  static readonly layer = Layer.effect(this, this.make)
}

const file = (name: string, content: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const directory = await mkdtemp(join(tmpdir(), "tls-"))
      await writeFile(join(directory, name), content)
      return join(directory, name)
    }),
    (path) => Effect.promise(() => rm(join(path, ".."), { recursive: true })),
  )

layer(Ordinary.layer, { excludeTestServices: true })("a server with a certificate for this host", (it) => {
  it.effect("a certificate of an authority of one's own, for this host", () =>
    Effect.gen(function* () {
      const other = yield* certificates.authority("Another authority")
      const { authority, database } = yield* Ordinary
      const reason = (settings: Settings) => reasonOf(planWith(database, settings))

      const untrusted = yield* Effect.flip(planWith(database, {}))
      assert.strictEqual(untrusted.reason, "TlsUntrusted")
      assert.match(untrusted.remedy, /rootCertificate/)
      assert.match(untrusted.remedy, /selfSigned: true/)

      assert.strictEqual(yield* reason({ rootCertificate: authority.cert }), "succeeded")
      assert.strictEqual(yield* reason({ rootCertificate: authority.cert, host: "localhost" }), "succeeded")
      assert.strictEqual(yield* reason({ rootCertificate: yield* file("ca.pem", authority.cert) }), "succeeded")
      assert.strictEqual(yield* reason({ rootCertificate: other.cert }), "TlsUntrusted")
      assert.strictEqual(yield* reason({ selfSigned: true }), "succeeded")
      assert.strictEqual(yield* reason({ sslmode: "require" }), "succeeded")
      assert.strictEqual(yield* reason({ sslmode: "require", rootCertificate: authority.cert }), "succeeded")
      assert.strictEqual(yield* reason({ sslmode: "require", rootCertificate: other.cert }), "TlsUntrusted")
      assert.strictEqual(yield* reason({ sslmode: "verify-ca", rootCertificate: authority.cert }), "succeeded")
      assert.strictEqual(yield* reason({ sslmode: "verify-ca", rootCertificate: other.cert }), "TlsUntrusted")
      assert.strictEqual(yield* reason({ sslmode: "verify-full", rootCertificate: authority.cert }), "succeeded")
      assert.strictEqual(yield* reason({ sslmode: "verify-full" }), "TlsUntrusted")

      // The server takes no unencrypted connection.
      assert.strictEqual(yield* reason({ sslmode: "disable" }), "AuthenticationFailed")

      const absent = yield* Effect.flip(planWith(database, { rootCertificate: "/nowhere/ca.pem" }))
      assert.strictEqual(absent.reason, "TlsUntrusted")
      assert.match(absent.message, /rootCertificate cannot be read \(ENOENT\)/)
      const garbage = yield* Effect.flip(planWith(database, { rootCertificate: "-----BEGIN CERTIFICATE-----\nx\n" }))
      assert.strictEqual(garbage.reason, "TlsUntrusted")
    }),
  )

  it.effect("the machine's authorities are trusted", () =>
    Effect.gen(function* () {
      const { authority, database } = yield* Ordinary
      const inProcess = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>) {
        const child = yield* Effect.acquireRelease(
          Effect.sync(() =>
            fork(new URL("./support/planOnce.ts", import.meta.url), [JSON.stringify(connectionOf(database))], {
              execArgv: ["--conditions=@batch-exports/source"],
              env: { ...process.env, ...env },
            }),
          ),
          (running) => Effect.sync(() => running.kill("SIGKILL")),
        )
        return yield* Effect.callback<unknown>((resume) => {
          child.once("message", (reason) => resume(Effect.succeed(reason)))
        })
      })
      // OpenSSL's own variable for the machine's store, and node's for additions to its own.
      assert.strictEqual(yield* inProcess({ SSL_CERT_FILE: yield* file("store.pem", authority.cert) }), "succeeded")
      assert.strictEqual(
        yield* inProcess({ NODE_EXTRA_CA_CERTS: yield* file("extra.pem", authority.cert) }),
        "succeeded",
      )
      assert.strictEqual(yield* inProcess({}), "TlsUntrusted")
    }),
  )

  it.effect("a server that takes encrypted connections alone, and one that takes both", () =>
    Effect.gen(function* () {
      const { authority, database } = yield* Ordinary
      const refused = yield* Effect.flip(planWith(database, { sslmode: "disable" }))
      assert.deepStrictEqual([refused.reason, refused.code], ["AuthenticationFailed", "28000"])
      const both = yield* start({ authority, tls: yield* certificates.server(authority), plaintext: true })
      assert.strictEqual(yield* reasonOf(planWith(both, { sslmode: "disable" })), "succeeded")
      // What is asked for is what is had: never plaintext because the server would take it.
      const encrypted = Effect.fnUntraced(function* (settings: Settings) {
        const to = configure({ ...connectionOf(both), ...settings })
        const sink = yield* to.open(runOf())
        assert.isNotEmpty(sink.missing)
        const [row] = yield* both.sql<{ ssl: boolean }>(
          `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'batch-exports'`,
        )
        return row?.ssl
      }, Effect.scoped)
      assert.isTrue(yield* encrypted({ selfSigned: true }))
      assert.isTrue(yield* encrypted({ sslmode: "require" }))
      assert.isTrue(yield* encrypted({ rootCertificate: authority.cert }))
      assert.isFalse(yield* encrypted({ sslmode: "disable" }))
    }),
  )

  it.effect("SCRAM: the password is right, wrong, or missing; the server must know it too", () =>
    Effect.gen(function* () {
      const { authority, database } = yield* Ordinary
      const root = { rootCertificate: authority.cert }
      const [hashed] = yield* database.sql<{ hash: string }>(
        `SELECT left(rolpassword, 13) AS hash FROM pg_authid WHERE rolname = current_user`,
      )
      assert.strictEqual(hashed?.hash, "SCRAM-SHA-256")
      const wrong = yield* Effect.flip(planWith(database, { ...root, password: "wrong-and-secret" }))
      assert.deepStrictEqual([wrong.reason, wrong.code], ["AuthenticationFailed", "28P01"])
      assert.notInclude(JSON.stringify(wrong), "wrong-and-secret")
      const { password: _, ...without } = connectionOf(database)
      const none = yield* Effect.flip(configure({ ...without, ...root }).plan(runOf()))
      assert.strictEqual(none.reason, "AuthenticationFailed")
      assert.match(none.remedy, /Set password/)
      // Unicode, and what means something elsewhere, go through as they are.
      const odd = `pä ss'"\\%@:/?#${"x".repeat(60)}`
      yield* database.sql(`CREATE USER odd SUPERUSER PASSWORD '${odd.replaceAll("'", "''")}'`)
      assert.strictEqual(yield* reasonOf(planWith(database, { ...root, user: "odd", password: odd })), "succeeded")
      const { database: name, host, port } = database
      const url = `postgres://odd:${encodeURIComponent(odd)}@${host}:${port}/${name}`
      assert.strictEqual(yield* reasonOf(configure({ url, ...root, table: "t" }).plan(runOf())), "succeeded")
    }),
  )
})

it.live("a certificate for another host name", () =>
  Effect.gen(function* () {
    const authority = yield* certificates.authority()
    const database = yield* start({ authority, tls: yield* certificates.wrongHost(authority) })
    const error = yield* Effect.flip(planWith(database, { rootCertificate: authority.cert }))
    assert.strictEqual(error.reason, "TlsUntrusted")
    assert.match(error.message, /another host name/)
    assert.match(error.remedy, /verify-ca/)
    const verifyFull = { rootCertificate: authority.cert, sslmode: "verify-full" }
    assert.strictEqual(yield* reasonOf(planWith(database, verifyFull)), "TlsUntrusted")
    const verifyCa = { rootCertificate: authority.cert, sslmode: "verify-ca" }
    assert.strictEqual(yield* reasonOf(planWith(database, verifyCa)), "succeeded")
    assert.strictEqual(yield* reasonOf(planWith(database, { selfSigned: true })), "succeeded")
  }),
)

it.live("a self-signed certificate, and one that has expired", () =>
  Effect.gen(function* () {
    const own = yield* certificates.selfSigned()
    const lone = yield* start({ tls: own })
    const untrusted = yield* Effect.flip(planWith(lone, {}))
    assert.strictEqual(untrusted.reason, "TlsUntrusted")
    assert.match(untrusted.message, /self-signed/)
    assert.strictEqual(yield* reasonOf(planWith(lone, { selfSigned: true })), "succeeded")
    assert.strictEqual(yield* reasonOf(planWith(lone, { rootCertificate: own.cert })), "succeeded")

    const authority = yield* certificates.authority()
    const old = yield* start({ authority, tls: yield* certificates.expired(authority) })
    const expired = yield* Effect.flip(planWith(old, { rootCertificate: authority.cert }))
    assert.strictEqual(expired.reason, "TlsUntrusted")
    assert.match(expired.message, /expired/)
  }),
)

it.live("a server without encryption", () =>
  Effect.gen(function* () {
    const database = yield* start({ tls: false, plaintext: true })
    const error = yield* Effect.flip(planWith(database, {}))
    assert.strictEqual(error.reason, "TlsUnavailable")
    assert.strictEqual(yield* reasonOf(planWith(database, { selfSigned: true })), "TlsUnavailable")
    assert.strictEqual(yield* reasonOf(planWith(database, { sslmode: "disable" })), "succeeded")
  }),
)

it.live("a client certificate", () =>
  Effect.gen(function* () {
    const authority = yield* certificates.authority()
    const database = yield* start({
      authority,
      tls: yield* certificates.server(authority),
      clientCertificate: "verify-full",
    })
    const root = { rootCertificate: authority.cert }
    const right = yield* certificates.client(authority, database.user)
    const someoneElse = yield* certificates.client(authority, "someone else")
    const given = ({ cert, key }: typeof right) => ({ ...root, clientCertificate: cert, clientKey: key })
    assert.strictEqual(yield* reasonOf(planWith(database, given(right))), "succeeded")
    assert.strictEqual(yield* reasonOf(planWith(database, root)), "AuthenticationFailed")
    assert.strictEqual(yield* reasonOf(planWith(database, given(someoneElse))), "AuthenticationFailed")
    const encryptedKey = createPrivateKey(right.key)
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "a pass phrase" })
      .toString()
    const locked = given({ cert: right.cert, key: encryptedKey })
    assert.strictEqual(
      yield* reasonOf(planWith(database, { ...locked, clientKeyPassphrase: "a pass phrase" })),
      "succeeded",
    )
    for (const passphrase of [undefined, "the wrong phrase"]) {
      const more = passphrase === undefined ? {} : { clientKeyPassphrase: passphrase }
      const shut = yield* Effect.flip(planWith(database, { ...locked, ...more }))
      assert.strictEqual(shut.reason, "AuthenticationFailed")
      assert.match(shut.message, /clientKeyPassphrase/)
      assert.notInclude(JSON.stringify(shut), 'phrase"')
    }
    const stranger = yield* certificates.client(yield* certificates.authority("Another authority"), database.user)
    const refused = yield* Effect.flip(planWith(database, given(stranger)))
    assert.strictEqual(refused.reason, "AuthenticationFailed", refused.message)
    const files = {
      ...root,
      clientCertificate: yield* file("client.pem", right.cert),
      clientKey: yield* file("client.key", right.key),
    }
    assert.strictEqual(yield* reasonOf(planWith(database, files)), "succeeded")
    const unmatched = yield* Effect.flip(planWith(database, given({ cert: right.cert, key: someoneElse.key })))
    assert.strictEqual(unmatched.reason, "AuthenticationFailed")
    assert.notInclude(unmatched.message, "PRIVATE KEY")
  }),
)
