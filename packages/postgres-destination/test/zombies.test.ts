/** Runs that are dead or overdue and still hold a window: they are ended, and only they. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { randomUUID } from "node:crypto"
import { eventually, freshRole, freshSchema, Postgres } from "./support/database.ts"
import { pairRows } from "./support/model.ts"
import {
  bytesOf,
  count,
  destination,
  exportText,
  hours,
  reasonOf,
  runOf,
  type Settings,
  settingsFor,
} from "./support/run.ts"

/** A process that is frozen in the middle of COPY: its machine still answers for it, so the server waits for ever. */
const frozen = Effect.fnUntraced(function* (schema: string, run: string, changes: Settings) {
  yield* exportText(yield* destination(schema), runOf({ export: "makes the tables" }), "")
  const settings = yield* settingsFor(schema, changes)
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(new URL("./support/endlessExport.ts", import.meta.url), [run, JSON.stringify(settings)], {
        execArgv: ["--conditions=@batch-exports/source"],
        stdio: ["ignore", "inherit", "ignore", "ipc"],
      }),
    ),
    (running) => Effect.sync(() => running.kill("SIGKILL")),
  )
  yield* Effect.callback<void>((resume) => {
    child.once("message", () => resume(Effect.void))
    child.once("exit", (code) => resume(Effect.die(new Error(`the child ended with ${code}`))))
  })
  child.kill("SIGSTOP")
  return child
})

const exitOf = (child: ChildProcess) =>
  Effect.callback<number | null>((resume) => {
    child.once("exit", (code) => resume(Effect.succeed(code)))
  })

/**
 * The processes of a run's sessions, in order. Never their number: the session of a run that has just failed is seen until the
 * server has read that its connection was reset.
 */
const sessions = Effect.fnUntraced(function* (run: string) {
  const { sql } = yield* Postgres
  const rows = yield* sql<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name = $1 ORDER BY pid`,
    [`batch-exports ${run}`],
  )
  return rows.map(({ pid }) => pid)
})

layer(Postgres.layer, { excludeTestServices: true })("runs that hold a window for ever", (it) => {
  it.effect("an earlier attempt of the same run is ended, and learns of it", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const run = runOf({ id: randomUUID() })
      const child = yield* frozen(schema, run.id, {})
      assert.lengthOf(yield* sessions(run.id), 1)
      yield* exportText(yield* destination(schema, { lockTimeout: "4 seconds" }), run, pairRows(7))
      assert.strictEqual(yield* count(schema), 7)
      child.kill("SIGCONT")
      assert.strictEqual(yield* exitOf(child), 1)
      assert.strictEqual(yield* count(schema), 7)
    }),
  )

  it.effect("another run is left alone while its lease lasts", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const holder = randomUUID()
      yield* frozen(schema, holder, {})
      const held = yield* sessions(holder)
      const to = yield* destination(schema, { lockTimeout: "1 second" })
      assert.strictEqual(yield* reasonOf(exportText(to, runOf({ id: randomUUID() }), pairRows(7))), "Busy")
      assert.deepStrictEqual(yield* sessions(holder), held)
    }),
  )

  it.effect("a session that does not show whether it is committing is left alone", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const role = yield* freshRole("secret")
      yield* sql(`ALTER ROLE ${role} SET track_activities = off; GRANT USAGE ON SCHEMA ${schema} TO ${role}`)
      yield* sql(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT INSERT, SELECT, UPDATE ON TABLES TO ${role}`)
      const run = runOf({ id: randomUUID() })
      const changes = { user: role, password: "secret" }
      yield* frozen(schema, run.id, changes)
      const held = yield* sessions(run.id)
      assert.lengthOf(held, 1)
      const to = yield* destination(schema, { ...changes, lockTimeout: "2 seconds" })
      assert.strictEqual(yield* reasonOf(exportText(to, run, pairRows(7))), "Busy")
      assert.includeMembers(yield* sessions(run.id), held)
    }),
  )

  it.effect("another run is ended when its lease is over", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const holder = randomUUID()
      yield* frozen(schema, holder, { transactionTimeout: "4 seconds" })
      const to = yield* destination(schema, { lockTimeout: "20 seconds" })
      yield* exportText(to, runOf({ id: randomUUID() }), pairRows(7))
      assert.strictEqual(yield* count(schema), 7)
      yield* eventually("the session is gone", sessions(holder), (found) => found.length === 0)
    }),
  )

  it.effect("a run gives its own transaction up when its time is over", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema, { transactionTimeout: "700 millis" })
      const run = runOf({ id: randomUUID(), window: hours(0, 1) })
      const sink = yield* to.open(run)
      // A busy machine may need all of that time for the first step.
      const error = yield* sink
        .write({ window: run.window, bytes: bytesOf(pairRows(3)) })
        .pipe(
          Effect.andThen(eventually("the session is gone", sessions(run.id), (found) => found.length === 0)),
          Effect.andThen(sink.commit({ rows: 3, adjusted: {} })),
          Effect.flip,
        )
      assert.strictEqual(error.reason, "Timeout")
      assert.match(error.message, /transactionTimeout/)
      assert.strictEqual(yield* count(schema), 0)
    }),
  )
})
