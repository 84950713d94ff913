/** Whatever ends a run before its commit: the table has no row of it, the ledger no mention, the server no session. */
import { DestinationError } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { fork } from "node:child_process"
import { randomUUID } from "node:crypto"
import { eventually, freshRole, freshSchema, Postgres } from "./support/database.ts"
import { mergedPairs, pairRows, pairs } from "./support/model.ts"
import { ownSession } from "./support/ownSession.ts"
import { bytesOf, count, destination, exportText, hours, reasonOf, runOf, settingsFor } from "./support/run.ts"

const sessions = Effect.fnUntraced(function* (run: string) {
  const { sql } = yield* Postgres
  const rows = yield* sql<{ n: number }>(
    `SELECT count(*)::int4 AS n FROM pg_stat_activity WHERE application_name = $1`,
    [`batch-exports ${run}`],
  )
  return rows[0]?.n ?? -1
})

/** Rows that a COPY of the run that is under way has taken. */
const copied = Effect.fnUntraced(function* (run: string) {
  const { sql } = yield* Postgres
  const rows = yield* sql<{ n: number }>(
    `SELECT tuples_processed::int4 AS n FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid) WHERE application_name = $1`,
    [`batch-exports ${run}`],
  )
  return rows[0]?.n ?? 0
})

const nothingOf = Effect.fnUntraced(function* (schema: string, run: string) {
  yield* eventually("the session is gone", sessions(run), (found) => found === 0)
  assert.strictEqual(yield* count(schema), 0)
  assert.strictEqual(yield* count(schema, "batch_exports_ledger"), 0)
})

layer(Postgres.layer, { excludeTestServices: true })("aborts", (it) => {
  for (const [when, make] of [
    ["at once", () => failing()],
    ["after some rows", () => failing(pairRows(1000))],
    ["in the middle of a row", () => failing("1\ta\n2\tb")],
    ["after many bytes", () => failing(...Array.from({ length: 50 }, () => pairRows(5000)))],
  ] as const) {
    it.effect(`the source breaks ${when}`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const to = yield* destination(schema)
        yield* exportText(to, runOf({ export: "makes the tables" }), "")
        yield* (yield* Postgres).sql(`DELETE FROM ${schema}.batch_exports_ledger`)
        const run = runOf({ id: randomUUID() })
        const reason = yield* Effect.scoped(
          Effect.gen(function* () {
            const sink = yield* to.open(run)
            const failed = yield* reasonOf(sink.write({ window: run.window, bytes: make() }))
            assert.strictEqual(yield* reasonOf(sink.commit({ rows: 0, adjusted: {} })), "Misuse")
            return failed
          }),
        )
        assert.strictEqual(reason, "SourceIncomplete")
        yield* nothingOf(schema, run.id)
        yield* exportText(to, runOf(), pairRows(3))
        assert.strictEqual(yield* count(schema), 3)
      }),
    )
  }

  it.effect("interrupted while it looks at a table that somebody has locked", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      yield* exportText(to, runOf({ export: "makes the tables" }), "")
      const { sql } = yield* Postgres
      const waiting = Effect.map(
        sql(`SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '${schema}.t'::regclass`),
        (rows) => rows.length,
      )
      const other = yield* ownSession
      yield* other(`BEGIN; LOCK TABLE ${schema}.t IN ACCESS EXCLUSIVE MODE`)
      const fiber = yield* Effect.forkChild(to.plan(runOf()))
      yield* eventually("it waits", waiting, (found) => found === 1)
      yield* Fiber.interrupt(fiber)
      yield* eventually("nobody waits", waiting, (found) => found === 0)
      yield* other("ROLLBACK")
    }).pipe(Effect.scoped),
  )

  it.effect("interrupted in the middle of COPY", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const run = runOf({ id: randomUUID() })
      let returned = false
      const endless = async function* () {
        try {
          for (;;) {
            yield Buffer.from(pairRows(100))
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
        } finally {
          returned = true
        }
      }
      const fiber = yield* Effect.forkChild(
        Effect.scoped(
          Effect.gen(function* () {
            const sink = yield* to.open(run)
            return yield* sink.write({ window: run.window, bytes: endless() })
          }),
        ),
      )
      yield* eventually("rows were copied", copied(run.id), (found) => found > 0)
      yield* Fiber.interrupt(fiber)
      yield* nothingOf(schema, run.id)
      yield* eventually(
        "the source is told",
        Effect.sync(() => returned),
        (told) => told,
      )
    }),
  )

  it.effect("a source that falls silent", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema, { stallTimeout: "1 second" })
      const run = runOf({ id: randomUUID() })
      const silent = async function* () {
        yield Buffer.from(pairRows(10))
        await new Promise(() => {})
      }
      const sink = yield* to.open(run)
      const error = yield* Effect.flip(sink.write({ window: run.window, bytes: silent() }))
      assert.strictEqual(error.reason, "Stalled")
      assert.match(error.message, /the source sent nothing/)
      yield* nothingOf(schema, run.id)
    }),
  )

  it.effect("a source that falls silent between two windows, while the transaction is open", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema, { stallTimeout: "1 second" })
      yield* exportText(to, runOf({ window: hours(1, 2) }), "")
      const run = runOf({ id: randomUUID(), window: hours(0, 3) })
      const sink = yield* to.open(run)
      const [first, second] = sink.missing
      if (first === undefined || second === undefined) return assert.fail("two windows are missing")
      yield* sink.write({ window: first, bytes: bytesOf(pairRows(3)) })
      const never: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
      }
      assert.strictEqual(yield* reasonOf(sink.write({ window: second, bytes: never })), "Stalled")
      yield* eventually("the session is gone", sessions(run.id), (found) => found === 0)
      assert.strictEqual(yield* count(schema), 0)
    }),
  )

  it.effect("a server that takes no more", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (id integer, note varchar(200))`)
      yield* sql(
        `CREATE FUNCTION ${schema}.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NEW; END $$`,
      )
      yield* sql(`CREATE TRIGGER slow BEFORE INSERT ON ${schema}.t FOR EACH ROW EXECUTE FUNCTION ${schema}.slow()`)
      const to = yield* destination(schema, { stallTimeout: "1 second" })
      const run = runOf({ id: randomUUID() })
      const sink = yield* to.open(run)
      let sent = 0
      const endless = async function* () {
        for (; ; sent++) yield Buffer.from(pairRows(10_000, 0, "x".repeat(90)))
      }
      const error = yield* Effect.flip(sink.write({ window: run.window, bytes: endless() }))
      assert.strictEqual(error.reason, "Stalled")
      assert.isBelow(sent, 64, "chunks of a megabyte that were taken from the source")
      assert.match(error.message, /the server took nothing/)
      yield* nothingOf(schema, run.id)
    }),
  )

  it.effect("a value that the server refuses, whose message does not repeat it", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const error = yield* Effect.flip(exportText(to, runOf(), "1\ta\nsecret-value\tb\n"))
      assert.strictEqual(error.reason, "DataRejected")
      assert.strictEqual(error.code, "22P02")
      assert.match(error.message, /line 2, column "id"/)
      assert.notInclude(`${error.message}${error.remedy}`, "secret-value")
      assert.strictEqual(yield* count(schema), 0)
    }),
  )

  it.effect("counts that differ", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const run = runOf()
      const error = yield* Effect.scoped(
        Effect.gen(function* () {
          const sink = yield* to.open(run)
          yield* sink.write({ window: run.window, bytes: bytesOf(pairRows(3)) })
          const failed = yield* Effect.flip(sink.commit({ rows: 4, adjusted: {} }))
          assert.strictEqual(yield* reasonOf(sink.commit({ rows: 3, adjusted: {} })), "Misuse")
          return failed
        }),
      )
      assert.strictEqual(error.reason, "CountMismatch")
      assert.match(error.message, /the source sent more/)
      assert.strictEqual(yield* count(schema), 0)
    }),
  )

  it.effect("a deferred constraint speaks up before COMMIT", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      yield* sql(`CREATE TABLE ${schema}.t (id integer UNIQUE DEFERRABLE INITIALLY DEFERRED, note varchar(200))`)
      const to = yield* destination(schema)
      const error = yield* Effect.flip(exportText(to, runOf(), `${pairRows(1)}${pairRows(1)}`))
      assert.strictEqual(error.reason, "ConstraintViolated")
      assert.strictEqual(error.code, "23505")
      assert.strictEqual(yield* count(schema), 0)
    }),
  )

  it.effect("the server ends the session between write and commit", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      const run = runOf({ id: randomUUID() })
      const sink = yield* to.open(run)
      yield* sink.write({ window: run.window, bytes: bytesOf(pairRows(3)) })
      yield* sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, [
        `batch-exports ${run.id}`,
      ])
      yield* eventually("the session is gone", sessions(run.id), (found) => found === 0)
      assert.strictEqual(yield* reasonOf(sink.commit({ rows: 3, adjusted: {} })), "ConnectionLost")
      assert.strictEqual(yield* count(schema), 0)
    }),
  )

  it.effect("the server ends the session while it is idle, before the first record", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const password = "insert-a-strong-password-here"
      const role = yield* freshRole(password)
      yield* sql(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`)
      const to = yield* destination(schema, { user: role, password })
      const run = runOf()
      const sink = yield* to.open(run)
      const ended = sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [role])
      yield* eventually("the session is gone", ended, ({ length }) => length === 0)
      const error = yield* Effect.flip(sink.write({ window: run.window, bytes: bytesOf(pairRows(3)) }))
      assert.deepStrictEqual([error.reason, error.recovery], ["ConnectionLost", "retry"])
    }),
  )

  it.effect("calls out of order are refused", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const to = yield* destination(schema)
      const run = runOf()
      const scope = yield* Scope.make()
      const sink = yield* Scope.provide(to.open(run), scope)
      const write = Effect.suspend(() => sink.write({ window: run.window, bytes: bytesOf(pairRows(1)) }))
      assert.strictEqual(yield* reasonOf(sink.commit({ rows: 0, adjusted: {} })), "Misuse")
      yield* write
      assert.strictEqual(yield* reasonOf(write), "Misuse", "a window twice")
      yield* sink.commit({ rows: 1, adjusted: {} })
      assert.strictEqual(yield* reasonOf(sink.commit({ rows: 1, adjusted: {} })), "Misuse", "commit twice")
      assert.strictEqual(yield* reasonOf(write), "Misuse", "write after commit")
      yield* Scope.close(scope, Exit.void)
      const closed = yield* Scope.make()
      const second = yield* Scope.provide(to.open(runOf({ export: "another" })), closed)
      yield* Scope.close(closed, Exit.void)
      assert.strictEqual(
        yield* reasonOf(second.write({ window: run.window, bytes: bytesOf(pairRows(1)) })),
        "Misuse",
        "write after close",
      )
      assert.strictEqual(yield* count(schema), 1)
    }),
  )

  for (const [what, kind, temporary] of [
    ["COPY", "append", true],
    ["COPY into a temporary table", "merge", true],
    ["COPY into an unlogged table of the schema", "merge", false],
  ] as const) {
    it.effect(`killed with SIGKILL in the middle of ${what}; nothing is left, and the next run completes`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const { database, sql } = yield* Postgres
        const password = "insert-a-strong-password-here"
        const role = yield* freshRole(password)
        yield* sql(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`)
        const grant = `TEMPORARY ON DATABASE "${database}"`
        if (!temporary) {
          yield* Effect.acquireRelease(sql(`REVOKE ${grant} FROM PUBLIC`), () => sql(`GRANT ${grant} TO PUBLIC`))
        }
        const login = { user: role, password }
        const to = yield* destination(schema, login)
        const run = runOf({ id: randomUUID(), model: kind === "merge" ? mergedPairs : pairs })
        const child = yield* Effect.acquireRelease(
          Effect.map(settingsFor(schema, login), (settings) =>
            fork(new URL("./support/endlessExport.ts", import.meta.url), [run.id, JSON.stringify(settings), kind], {
              execArgv: ["--conditions=@batch-exports/source"],
              stdio: ["ignore", "inherit", "inherit", "ipc"],
            }),
          ),
          (running) => Effect.sync(() => running.kill("SIGKILL")),
        )
        yield* Effect.callback<void, DestinationError>((resume) => {
          child.once("message", () => resume(Effect.void))
          child.once("exit", (code) => resume(Effect.die(new Error(`the child ended with ${code}`))))
        })
        assert.strictEqual(yield* sessions(run.id), 1)
        child.kill("SIGKILL")
        yield* nothingOf(schema, run.id)
        assert.deepStrictEqual(
          yield* sql(`SELECT relname FROM pg_class WHERE relname LIKE 'batch_exports_staging%'`),
          [],
        )
        yield* exportText(to, run, pairRows(7))
        assert.strictEqual(yield* count(schema), 7)
      }),
    )
  }

  it.effect("many opens leak no session", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)
      const open = sql<{ n: number }>(
        `SELECT count(*)::int4 AS n FROM pg_stat_activity WHERE application_name LIKE 'batch-exports%'`,
      )
      yield* Effect.forEach(Array.from({ length: 30 }), () => Effect.scoped(to.open(runOf())), { concurrency: 5 })
      yield* eventually("all sessions are gone", open, ([row]) => row?.n === 0)
    }),
  )
})

const failing = async function* (...chunks: ReadonlyArray<string>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    yield Buffer.from(chunk)
    // Lets the chunk reach the server before the source breaks.
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error("the source broke")
}
