/** PgBouncer in transaction mode between us and the server, with TLS and SCRAM on both sides. */
import { hasPgBouncer, pgBouncer } from "@batch-exports/dev-services"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { randomUUID } from "node:crypto"
import { eventually, freshRole, freshSchema, Postgres } from "./support/database.ts"
import { eventRows, events, pairRows, pairs } from "./support/model.ts"
import { configure, count, exportText, hours, runOf, type Settings, settingsFor } from "./support/run.ts"

const password = "a password: of its own"

const pooled = Effect.fnUntraced(function* (changes: Settings = {}, poolSize = 20) {
  const database = yield* Postgres
  const pooler = yield* pgBouncer({ server: database, poolSize })
  const schema = yield* freshSchema
  const user = yield* freshRole(password)
  yield* database.sql(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${user}`)
  const { host, port } = pooler
  const settings = yield* settingsFor(schema, { host, port, rootCertificate: pooler.ca, user, password, ...changes })
  return { schema, user, settings, to: configure(settings) }
})

layer(Postgres.layer, { excludeTestServices: true })("through PgBouncer", (suite) => {
  const it = { effect: hasPgBouncer() ? suite.effect : suite.effect.skip }

  it.effect("a run is checked, planned, exported, and not exported again", () =>
    Effect.gen(function* () {
      const { schema, to } = yield* pooled()
      const steps = yield* Stream.runCollect(to.check(events))
      assert.deepStrictEqual(
        steps.map(({ detail, id, status }) => (status === "passed" ? id : `${id}: ${detail}`)),
        [
          "connect",
          "tls",
          "authenticate",
          "database",
          "encoding",
          "writable",
          "schema",
          "privileges",
          "table",
          "ledger",
          "trial",
        ],
      )
      const run = runOf({ model: events })
      assert.lengthOf((yield* to.plan(run)).create, 2)
      yield* exportText(to, run, eventRows(50))
      assert.deepStrictEqual((yield* exportText(to, run, eventRows(50))).missing, [])
      assert.strictEqual(yield* count(schema), 50)
    }),
  )

  it.effect("twelve runs share three connections to the server", () =>
    Effect.gen(function* () {
      const { schema, to } = yield* pooled({}, 3)
      const runs = Array.from({ length: 12 }, (_, hour) => runOf({ id: randomUUID(), window: hours(hour, hour + 1) }))
      yield* exportText(to, runOf({ export: "makes the tables" }), "")
      yield* Effect.forEach(runs, (run) => exportText(to, run, pairRows(100)), { concurrency: 12 })
      assert.strictEqual(yield* count(schema), 1200)
    }),
  )

  it.effect("a run that is interrupted in the middle of COPY leaves nothing", () =>
    Effect.gen(function* () {
      const { schema, to } = yield* pooled()
      const { sql } = yield* Postgres
      yield* exportText(to, runOf({ export: "makes the tables" }), "")
      const run = runOf({ id: randomUUID() })
      const running = sql<{ n: number }>(
        `SELECT count(*)::int4 AS n FROM pg_stat_activity WHERE application_name = $1 AND state = 'active'`,
        [`batch-exports ${run.id}`],
      )
      const endless = async function* () {
        for (;;) {
          yield Buffer.from(pairRows(100))
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }
      const fiber = yield* Effect.forkChild(
        Effect.scoped(Effect.flatMap(to.open(run), (sink) => sink.write({ window: run.window, bytes: endless() }))),
      )
      yield* eventually("the copy is under way", running, ([row]) => row?.n === 1)
      yield* Fiber.interrupt(fiber)
      yield* eventually("the transaction is gone", running, ([row]) => row?.n === 0)
      assert.strictEqual(yield* count(schema), 0)
      yield* exportText(to, run, pairRows(3))
      assert.strictEqual(yield* count(schema), 3)
    }),
  )

  it.effect("a run whose client went while the server took nothing does not keep the next attempt out", () =>
    Effect.gen(function* () {
      const { schema, settings, to } = yield* pooled()
      const { sql } = yield* Postgres
      yield* exportText(to, runOf({ export: "makes the tables" }), "")
      yield* sql(
        `CREATE FUNCTION ${schema}.f() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN IF NEW.note LIKE 'slow%' THEN PERFORM pg_sleep(90); END IF; RETURN NEW; END $$;
         CREATE TRIGGER f BEFORE INSERT ON ${schema}.t FOR EACH ROW EXECUTE FUNCTION ${schema}.f()`,
      )
      const run = runOf({ id: randomUUID() })
      const endless = async function* () {
        for (;;) yield Buffer.from(pairRows(10_000, 0, "slow ".repeat(20)))
      }
      const hasty = configure({ ...settings, stallTimeout: "1 second" })
      const error = yield* Effect.flip(
        Effect.scoped(Effect.flatMap(hasty.open(run), (sink) => sink.write({ window: run.window, bytes: endless() }))),
      )
      assert.strictEqual(error.reason, "Stalled")
      // The pooler reads nothing of its client while the server takes nothing, and so does not see that it is gone.
      yield* exportText(configure({ ...settings, lockTimeout: "20 seconds" }), run, pairRows(7))
      assert.strictEqual(yield* count(schema), 7)
    }),
  )

  it.effect("what the pooler refuses has the same reasons as what a server refuses", () =>
    Effect.gen(function* () {
      const { settings } = yield* pooled()
      const server = yield* Postgres
      for (const [changes, reason] of [
        [{ password: "not the password" }, "AuthenticationFailed"],
        [{ user: "nobody_at_all" }, "AuthenticationFailed"],
        // To a user that it must ask the database about, it does not tell that there is none.
        [{ database: "missing", user: server.user, password: server.password }, "DatabaseMissing"],
        [{ rootCertificate: undefined }, "TlsUntrusted"],
        [{ rootCertificate: undefined, sslmode: "disable" }, "AuthenticationFailed"],
      ] as const) {
        const given = Object.fromEntries(
          Object.entries({ ...settings, ...changes }).filter(([, value]) => value !== undefined),
        )
        const error = yield* Effect.flip(configure(given).plan(runOf()))
        assert.strictEqual(error.reason, reason, error.message)
        assert.notInclude(JSON.stringify(error), "not the password")
        const last = (yield* Stream.runCollect(configure(given).check(pairs))).at(-1)
        assert.strictEqual(last?.status, "failed")
      }
    }),
  )
})
