/** What a live server can do to a run: each becomes its reason, nothing is published, and the next run completes. */
import { assert, layer } from "@effect/vitest"
import { type DestinationError } from "@batch-exports/core"
import { Effect, Fiber } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { randomUUID } from "node:crypto"
import { eventually, freshSchema, Postgres } from "./support/database.ts"
import { pairRows } from "./support/model.ts"
import { ownSession } from "./support/ownSession.ts"
import { bytesOf, count, destination, exportText, runOf } from "./support/run.ts"

const backends = Effect.fnUntraced(function* (run: string, where = "true") {
  const { sql } = yield* Postgres
  return yield* sql<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND ${where} AND pid <> pg_backend_pid()`,
    [`batch-exports ${run}`],
  )
})

const waitingForLock = "wait_event_type = 'Lock'"

/** A table whose trigger does something for each row. */
const withTrigger = Effect.fnUntraced(function* (body: string) {
  const schema = yield* freshSchema
  const { sql } = yield* Postgres
  yield* sql(`CREATE TABLE ${schema}.t (id integer, note varchar(200))`)
  yield* sql(
    `CREATE FUNCTION ${schema}.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NEW; END $$;
     CREATE TRIGGER f BEFORE INSERT ON ${schema}.t FOR EACH ROW EXECUTE FUNCTION ${schema}.f()`,
  )
  return schema
})

const failsWith = Effect.fnUntraced(function* (
  schema: string,
  error: DestinationError,
  reason: DestinationError["reason"],
  code: string,
) {
  assert.deepStrictEqual([error.reason, error.code], [reason, code], error.message)
  yield* eventually("nothing is there", count(schema), (rows) => rows === 0)
})

const completes = Effect.fnUntraced(function* (schema: string) {
  yield* exportText(yield* destination(schema), runOf(), pairRows(5))
  assert.strictEqual(yield* count(schema), 5)
})

layer(Postgres.layer, { excludeTestServices: true })("failures of a live server", (it) => {
  it.effect("a deadlock", () =>
    Effect.gen(function* () {
      const schema = yield* withTrigger("PERFORM pg_advisory_xact_lock(4711);")
      const run = runOf({ id: randomUUID() })
      const other = yield* ownSession
      // The one that notices is the one that is ended: that shall be ours.
      yield* other("SET deadlock_timeout = '1min'")
      yield* other("BEGIN")
      yield* other("SELECT pg_advisory_xact_lock(4711)")
      const to = yield* destination(schema)
      const fiber = yield* Effect.forkChild(Effect.flip(exportText(to, run, pairRows(5))))
      yield* eventually("the run waits", backends(run.id, waitingForLock), (found) => found.length === 1)
      const blocked = yield* Effect.forkChild(other(`LOCK TABLE ${schema}.t IN EXCLUSIVE MODE`))
      const error = yield* Fiber.join(fiber)
      yield* Fiber.join(blocked)
      yield* other("ROLLBACK")
      yield* failsWith(schema, error, "Contention", "40P01")
      yield* completes(schema)
    }),
  )

  it.effect("a serialization failure", () =>
    Effect.gen(function* () {
      const schema = yield* withTrigger("RAISE 'try again' USING ERRCODE = 'serialization_failure';")
      const error = yield* Effect.flip(exportText(yield* destination(schema), runOf(), pairRows(5)))
      yield* failsWith(schema, error, "Contention", "40001")
      yield* (yield* Postgres).sql(`DROP TRIGGER f ON ${schema}.t`)
      yield* completes(schema)
    }),
  )

  it.effect("a lock that someone else holds", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      yield* (yield* Postgres).sql(`CREATE TABLE ${schema}.t (id integer, note varchar(200))`)
      const other = yield* ownSession
      yield* other("BEGIN")
      yield* other(`LOCK TABLE ${schema}.t IN SHARE MODE`)
      const to = yield* destination(schema, { lockTimeout: "200 millis" })
      yield* failsWith(schema, yield* Effect.flip(exportText(to, runOf(), pairRows(5))), "Busy", "55P03")
      yield* other("ROLLBACK")
      yield* completes(schema)
    }),
  )

  it.effect("a statement that is cancelled, by hand or by a limit", () =>
    Effect.gen(function* () {
      const schema = yield* withTrigger("PERFORM pg_sleep(20);")
      const { sql } = yield* Postgres
      const run = runOf({ id: randomUUID() })
      const to = yield* destination(schema)
      const fiber = yield* Effect.forkChild(Effect.flip(exportText(to, run, pairRows(5))))
      const [backend] = yield* eventually(
        "the run is in its trigger",
        backends(run.id, "wait_event = 'PgSleep'"),
        (found) => found.length === 1,
      )
      yield* sql("SELECT pg_cancel_backend($1)", [backend?.pid])
      yield* failsWith(schema, yield* Fiber.join(fiber), "Timeout", "57014")
      yield* sql(`DROP TRIGGER f ON ${schema}.t`)
      yield* completes(schema)
    }),
  )

  it.effect("a crash of the server, which recovers", (context) =>
    Effect.gen(function* () {
      const { external, sql } = yield* Postgres
      if (external) return context.skip("the server is not ours to crash")
      const schema = yield* freshSchema
      const run = runOf({ id: randomUUID() })
      const sink = yield* (yield* destination(schema)).open(run)
      yield* sink.write({ window: run.window, bytes: bytesOf(pairRows(1000)) })
      const [backend] = yield* backends(run.id)
      const before = yield* sql<{ at: string }>("SELECT pg_postmaster_start_time()::text AS at")
      // The loss of one process makes Postgres throw all others out and replay its log.
      process.kill(backend?.pid ?? 0, "SIGKILL")
      const error = yield* Effect.flip(sink.commit({ rows: 1000, adjusted: {} }))
      assert.strictEqual(error.reason, "ConnectionLost")
      // While it recovers, it turns every connection away; the pool of the test would fail.
      const settings = yield* destination(schema)
      yield* eventually(
        "the server is back",
        Effect.match(settings.plan(runOf()), {
          onFailure: (again) => again.reason as string,
          onSuccess: () => "back",
        }),
        (said) => {
          assert.include(["back", "TooBusy", "ConnectionFailed", "ConnectionLost"], said)
          return said === "back"
        },
      )
      assert.deepStrictEqual(yield* sql("SELECT pg_postmaster_start_time()::text AS at"), before)
      yield* completes(schema)
    }),
  )

  it.effect("a process of the server's that freezes", (context) =>
    Effect.gen(function* () {
      if ((yield* Postgres).external) return context.skip("the server is not ours to freeze")
      const schema = yield* freshSchema
      const run = runOf({ id: randomUUID() })
      const to = yield* destination(schema, { stallTimeout: "1500 millis", lockTimeout: "500 millis" })
      const [backend] = yield* Effect.scoped(
        Effect.gen(function* () {
          const sink = yield* to.open(run)
          yield* sink.write({ window: run.window, bytes: bytesOf(pairRows(10)) })
          const found = yield* backends(run.id)
          process.kill(found[0]?.pid ?? 0, "SIGSTOP")
          const error = yield* Effect.flip(sink.commit({ rows: 10, adjusted: {} }))
          assert.strictEqual(error.reason, "Stalled")
          assert.match(error.message, /did not answer within 2s/)
          return found
        }),
      )
      process.kill(backend?.pid ?? 0, "SIGCONT")
      yield* eventually("the session is gone", backends(run.id), (found) => found.length === 0)
      yield* completes(schema)
    }),
  )

  it.effect("a disk that is full", (context) =>
    Effect.gen(function* () {
      const { external, sql } = yield* Postgres
      const disk = external ? undefined : yield* smallDisk
      if (disk === undefined) return context.skip("no small file system can be made here")
      const schema = yield* freshSchema
      const space = `space_${schema}`
      // CREATE TABLESPACE knows no parameters.
      yield* Effect.acquireRelease(sql(`CREATE TABLESPACE ${space} LOCATION '${disk}'`), () =>
        Effect.andThen(sql(`DROP SCHEMA ${schema} CASCADE`), sql(`DROP TABLESPACE ${space}`)),
      )
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note varchar(200)) TABLESPACE ${space}`)
      const to = yield* destination(schema)
      const error = yield* Effect.flip(exportText(to, runOf(), pairRows(60_000, 0, "x".repeat(180))))
      yield* failsWith(schema, error, "DiskFull", "53100")
      // The aborted attempt left dead space, as the page says.
      yield* sql(`TRUNCATE ${schema}.t`)
      yield* completes(schema)
    }),
  )
})

/** Four megabytes that the server's account owns; undefined where the system does not let us. */
const smallDisk = Effect.gen(function* () {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return undefined
  const { sql } = yield* Postgres
  const [row] = yield* sql<{ at: string }>("SELECT current_setting('data_directory') AS at")
  const owner = spawnSync("stat", ["-c", "uid=%u,gid=%g", row?.at ?? ""], { encoding: "utf8" }).stdout.trim()
  const path = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync("/tmp/small-disk-")),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
  )
  return yield* Effect.acquireRelease(
    Effect.sync(() => {
      const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=4m,mode=700,${owner}`, "tmpfs", path])
      return mounted.status === 0 ? path : undefined
    }),
    (made) => Effect.sync(() => made !== undefined && spawnSync("umount", [path])),
  )
})
