/** Servers that are reached or set up in other ways than usual: each starts one of its own. */
import { assert, it } from "@effect/vitest"
import { Effect, Schedule, Stream } from "effect"
import { randomUUID } from "node:crypto"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { networkInterfaces, tmpdir } from "node:os"
import { join } from "node:path"
import { type Database, freshSchema, Postgres, start } from "./support/database.ts"
import { mergedPairs, pairRows, pairs } from "./support/model.ts"
import { configure, count, exportText, hours, reasonOf, runOf, type Settings, settingsFor } from "./support/run.ts"
import { plain } from "./support/variant.ts"

/** A folder that the server's account can use. */
const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const made = mkdtempSync(join(tmpdir(), "servers-"))
    chmodSync(made, 0o777)
    return made
  }),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
)

const at = (database: Database, schema: string, changes: Settings = {}) =>
  Effect.map(Effect.provideService(settingsFor(schema, changes), Postgres, database), configure)

/** Where a kept cluster lies. */
const homeOf = (dataDir: string): string => {
  const note = join(dataDir, "moved-to")
  return existsSync(note) ? readFileSync(note, "utf8").trim() : dataDir
}

const rowsIn = (database: Database, schema: string) => Effect.provideService(count(schema), Postgres, database)

it.live("a Unix socket, by field and by URL", (context) =>
  Effect.gen(function* () {
    const directory = yield* folder
    const database = yield* start({ settings: { unix_socket_directories: directory } })
    if (database.external) return context.skip("the server is not ours to set up")
    const schema = yield* Effect.provideService(freshSchema, Postgres, database)
    const to = yield* at(database, schema, { ...plain, host: directory })
    yield* exportText(to, runOf(), pairRows(5))
    const { password, port, user } = database
    const written = encodeURIComponent(directory)
    const byUrl = configure({
      url: `postgres://${user}:${encodeURIComponent(password)}@${written}:${port}/postgres?sslmode=disable`,
      schema,
      table: "t",
    })
    assert.deepStrictEqual((yield* byUrl.plan(runOf())).missing, [])
    assert.strictEqual(yield* rowsIn(database, schema), 5)
    const nowhere = yield* Effect.flip((yield* at(database, schema, { ...plain, host: "/nowhere" })).plan(runOf()))
    assert.deepStrictEqual([nowhere.reason, nowhere.code], ["ConnectionFailed", "ENOENT"])
  }),
)

it.live("IPv6, verified by address, by field and by URL", (context) =>
  Effect.gen(function* () {
    const has = Object.values(networkInterfaces()).some((found) => found?.some(({ address }) => address === "::1"))
    if (!has) return context.skip("this machine has no IPv6")
    const database = yield* start({ settings: { listen_addresses: "127.0.0.1,::1" } })
    if (database.external) return context.skip("the server is not ours to set up")
    const schema = yield* Effect.provideService(freshSchema, Postgres, database)
    const to = yield* at(database, schema, { host: "::1" })
    yield* exportText(to, runOf(), pairRows(5))
    const byUrl = configure({
      url: `postgres://${database.user}:${encodeURIComponent(database.password)}@[::1]:${database.port}/postgres`,
      rootCertificate: database.ca,
      schema,
      table: "t",
    })
    assert.deepStrictEqual((yield* byUrl.plan(runOf())).missing, [])
    assert.match((yield* byUrl.plan(runOf())).target, /^postgres:\/\/\[::1\]:/)
  }),
)

it.live(
  "a server that is killed amid a merge loses nothing; a hot standby accepts nothing until it is promoted",
  (context) =>
    Effect.gen(function* () {
      const dataDir = join(yield* folder, "cluster")
      const schema = `s_${randomUUID().slice(0, 8)}`
      const run = runOf({ model: mergedPairs })
      const login = { user: "stager", password: "secret" }
      const external = yield* Effect.scoped(
        Effect.gen(function* () {
          const primary = yield* start({ dataDir })
          if (primary.external) return true
          // Without TEMPORARY, records are staged in an unlogged table, which the server's crash must not leave behind.
          yield* primary.sql(
            `CREATE SCHEMA ${schema}; CREATE USER stager PASSWORD 'secret'; GRANT USAGE, CREATE ON SCHEMA ${schema} TO stager;
           REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC`,
          )
          const to = yield* at(primary, schema, login)
          yield* exportText(to, runOf({ model: mergedPairs, window: hours(5, 6) }), pairRows(50))
          const sink = yield* to.open(run)
          const killing = async function* () {
            yield Buffer.from(pairRows(30_000))
            const [pid] = readFileSync(join(homeOf(dataDir), "data", "postmaster.pid"), "utf8").split("\n")
            process.kill(Number(pid), "SIGKILL")
            await new Promise(() => {})
          }
          const error = yield* Effect.flip(sink.write({ window: run.window, bytes: killing() }))
          assert.strictEqual(error.reason, "ConnectionLost", error.message)
          return false
        }),
      )
      if (external) return context.skip("the server is not ours to set up")
      writeFileSync(join(homeOf(dataDir), "data", "standby.signal"), "")

      // Until the last of its processes has noticed that the server is gone, another cannot be started on its files.
      const standby = yield* Effect.retry(start({ dataDir, settings: { hot_standby: "on" } }), {
        schedule: Schedule.spaced("200 millis"),
        times: 100,
      })
      const to = yield* at(standby, schema, login)
      const error = yield* Effect.flip(to.plan(run))
      assert.strictEqual(error.reason, "ReadOnly")
      assert.match(error.message, /standby/)
      const last = (yield* Stream.runCollect(to.check(pairs))).at(-1)
      assert.deepStrictEqual([last?.id, last?.status], ["writable", "failed"])

      yield* standby.sql("SELECT pg_promote()")
      assert.deepStrictEqual(
        yield* standby.sql(`SELECT relname FROM pg_class WHERE relname LIKE 'batch_exports_staging%'`),
        [],
      )
      assert.strictEqual(yield* rowsIn(standby, schema), 50)
      assert.deepStrictEqual((yield* exportText(to, run, pairRows(70))).missing, [run.window])
      assert.strictEqual(yield* rowsIn(standby, schema), 70)
    }),
)

it.live("a user, a database or a server that is set to read-only", () =>
  Effect.gen(function* () {
    const database = yield* start({ plaintext: true })
    const schema = yield* Effect.provideService(freshSchema, Postgres, database)
    const user = `reader_${schema}`
    yield* Effect.acquireRelease(
      database.sql(
        `CREATE USER ${user} PASSWORD 'secret'; GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${user};
         ALTER ROLE ${user} SET default_transaction_read_only = on`,
      ),
      () => database.sql(`DROP OWNED BY ${user}; DROP ROLE ${user}`),
    )
    const to = yield* at(database, schema, { user, password: "secret" })
    const error = yield* Effect.flip(exportText(to, runOf(), pairRows(1)))
    assert.strictEqual(error.reason, "ReadOnly")
    const last = (yield* Stream.runCollect(to.check(pairs))).at(-1)
    assert.deepStrictEqual([last?.id, last?.status], ["writable", "failed"])
    // What the remedy says to do is done, to the letter.
    const [statement = ""] = /ALTER ROLE .+;/.exec(error.remedy) ?? []
    yield* database.sql(statement)
    assert.strictEqual(yield* reasonOf(exportText(to, runOf(), pairRows(1))), "succeeded")
  }),
)
