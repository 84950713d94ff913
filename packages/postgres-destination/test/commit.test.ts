/** The connection is cut around COMMIT, by a proxy that knows the message: the outcome is found out, whichever it was. */
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { eventually, freshSchema, Postgres } from "./support/database.ts"
import { pairRows } from "./support/model.ts"
import { isQuery, type Link, type OnMessage, proxy } from "./support/proxy.ts"
import { count, destination, exportText, reasonOf, runOf } from "./support/run.ts"
import { plain } from "./support/variant.ts"

/** Exports ten rows through a proxy that does `onCommit` at the first COMMIT of the data transaction. */
const exportThrough = Effect.fnUntraced(function* (
  schema: string,
  onCommit: (link: Link, stopListening: () => void) => "pass" | "drop",
  settings: Readonly<Record<string, unknown>> = {},
  run = runOf(),
) {
  const database = yield* Postgres
  let seen = false
  let copied = false
  const onMessage: OnMessage = (message, link) => {
    // The tables are created in transactions of their own, before COPY.
    if (message.type === "d") copied = true
    if (seen || !copied || !isQuery(message, "COMMIT")) return "pass"
    seen = true
    return onCommit(link, () => through.closeListener())
  }
  const through = yield* proxy(database, onMessage)
  const to = yield* destination(schema, {
    port: through.port,
    ...plain,
    ...settings,
  })
  const result = yield* Effect.result(exportText(to, run, pairRows(10)))
  assert.isTrue(seen, "the proxy saw the COMMIT")
  return result._tag === "Success" ? "committed" : result.failure.reason
})

/** Commits wait for a standby of this name, as they do for one that has just died. */
const waitForStandby = Effect.fnUntraced(function* (standby: string) {
  const { sql } = yield* Postgres
  yield* sql(`ALTER SYSTEM SET synchronous_standby_names = '${standby}'`)
  yield* sql(`SELECT pg_reload_conf()`)
  const now = sql<{ now: string }>(`SELECT current_setting('synchronous_standby_names') AS now`)
  yield* eventually("the setting is read", now, ([row]) => row?.now === standby)
})

const absentStandby = Effect.acquireRelease(waitForStandby("nobody"), () => waitForStandby(""))

/** Exports ten rows, and loses the connection while the server waits for the standby. */
const exportHeld = Effect.fnUntraced(function* (schema: string, run: ReturnType<typeof runOf>) {
  const { sql } = yield* Postgres
  const fork = Effect.runPromiseWith(yield* Effect.context())
  // Broken any earlier, the server might never read the COMMIT.
  const committing = eventually(
    "the commit waits for the standby",
    sql<{ n: number }>(`SELECT count(*)::int4 AS n FROM pg_stat_activity WHERE wait_event = 'SyncRep'`),
    ([row]) => row?.n === 1,
  )
  const onCommit = (link: Link) => {
    link.client.removeAllListeners("close")
    void fork(committing).then(() => link.client.resetAndDestroy())
    return "pass" as const
  }
  return yield* exportThrough(schema, onCommit, { lockTimeout: "500 millis" }, run)
})

layer(Postgres.layer, { excludeTestServices: true })("commit", (it) => {
  it.effect("cut before the server sees COMMIT: not committed, and the next run completes", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const outcome = yield* exportThrough(schema, ({ cut }) => {
        cut()
        return "drop"
      })
      assert.strictEqual(outcome, "ConnectionLost")
      assert.strictEqual(yield* count(schema), 0)
      yield* exportText(yield* destination(schema), runOf(), pairRows(10))
      assert.strictEqual(yield* count(schema), 10)
    }),
  )

  for (const [when, outcome, rows] of [
    ["before the server sees COMMIT", "ConnectionLost", 20],
    ["after the server committed", "committed", 20],
    ["after the server committed, and nobody can be asked", "CommitUnknown", 20],
  ] as const) {
    it.effect(`a forced run, cut ${when}: another attempt of it makes it two copies, and no more`, () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const to = yield* destination(schema)
        yield* exportText(to, runOf(), pairRows(10))
        const run = runOf({ mode: "force" })
        const onCommit = ({ client, cut, server }: Link, stopListening: () => void) => {
          if (outcome === "ConnectionLost") {
            cut()
            return "drop"
          }
          if (outcome === "CommitUnknown") stopListening()
          server.removeAllListeners("data")
          server.once("data", () => client.resetAndDestroy())
          return "pass"
        }
        assert.strictEqual(yield* exportThrough(schema, onCommit, {}, run), outcome)
        yield* exportText(to, run, pairRows(10))
        assert.strictEqual(yield* count(schema), rows)
        // Another run is another wish.
        yield* exportText(to, runOf({ mode: "force" }), pairRows(10))
        assert.strictEqual(yield* count(schema), rows + 10)
      }),
    )
  }

  it.effect("cut after the server committed, before its answer arrives: committed", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const outcome = yield* exportThrough(schema, ({ client, server }) => {
        server.removeAllListeners("data")
        server.once("data", () => client.resetAndDestroy())
        return "pass"
      })
      assert.strictEqual(outcome, "committed")
      assert.strictEqual(yield* count(schema), 10)
    }),
  )

  it.effect("cut while COMMIT is on its way: the outcome that is reported is the one that happened", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const outcome = yield* exportThrough(schema, ({ client, server }) => {
        server.removeAllListeners("data")
        client.removeAllListeners("close")
        setImmediate(() => client.resetAndDestroy())
        return "pass"
      })
      const rows = yield* count(schema)
      assert.deepInclude(
        [
          ["committed", 10],
          ["ConnectionLost", 0],
        ],
        [outcome, rows],
      )
    }),
  )

  it.effect("a server that never hears COMMIT and holds the transaction open: unknown, and the next run is right", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      let open: Link | undefined
      const outcome = yield* exportThrough(
        schema,
        (link) => {
          open = link
          link.client.removeAllListeners("close")
          link.client.resetAndDestroy()
          return "drop"
        },
        { lockTimeout: "300 millis" },
      )
      assert.strictEqual(outcome, "CommitUnknown")
      open?.server.destroy()
      yield* exportText(yield* destination(schema), runOf(), pairRows(10))
      assert.strictEqual(yield* count(schema), 10)
    }),
  )

  it.effect(
    "a server that is still committing when the connection breaks: unknown, and then it was committed",
    (context) =>
      Effect.gen(function* () {
        if ((yield* Postgres).external) return context.skip("the server's settings are not ours")
        const schema = yield* freshSchema
        yield* exportText(yield* destination(schema), runOf({ export: "makes the tables" }), "")
        yield* absentStandby
        assert.strictEqual(yield* exportHeld(schema, runOf()), "CommitUnknown")
        // Neither a reader nor the ledger can tell yet.
        assert.strictEqual(yield* count(schema), 0)
        yield* waitForStandby("")
        yield* eventually("it is committed", count(schema), (rows) => rows === 10)
        assert.deepStrictEqual((yield* exportText(yield* destination(schema), runOf(), pairRows(10))).missing, [])
        assert.strictEqual(yield* count(schema), 10)
      }),
  )

  it.effect(
    "a forced run that the server is still committing: another attempt of it waits, and adds nothing",
    (context) =>
      Effect.gen(function* () {
        const { external, sql } = yield* Postgres
        if (external) return context.skip("the server's settings are not ours")
        const schema = yield* freshSchema
        const to = yield* destination(schema)
        yield* exportText(to, runOf(), pairRows(10))
        const forced = runOf({ mode: "force" })
        yield* absentStandby
        assert.strictEqual(yield* exportHeld(schema, forced), "CommitUnknown")
        // Its survey cannot see what is being committed, so it believes that the window is still the first run's.
        const another = yield* Effect.forkChild(reasonOf(exportText(to, forced, pairRows(10))))
        yield* eventually(
          "the other attempt waits for the row",
          sql<{ n: number }>(
            `SELECT count(*)::int4 AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"${schema}"%' AND query LIKE 'UPDATE%'`,
          ),
          ([row]) => row?.n === 1,
        )
        yield* waitForStandby("")
        assert.strictEqual(yield* Fiber.join(another), "ClaimLost")
        assert.deepStrictEqual((yield* exportText(to, forced, pairRows(10))).missing, [])
        assert.strictEqual(yield* count(schema), 20)
      }),
  )

  it.effect("a look-up that cannot be made: unknown, and the next run finds the window exported", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const outcome = yield* exportThrough(schema, ({ client, server }, stopListening) => {
        stopListening()
        server.removeAllListeners("data")
        server.once("data", () => client.resetAndDestroy())
        return "pass"
      })
      assert.strictEqual(outcome, "CommitUnknown")
      const { missing } = yield* exportText(yield* destination(schema), runOf(), pairRows(10))
      assert.deepStrictEqual(missing, [])
      assert.strictEqual(yield* count(schema), 10)
    }),
  )

  it.effect("a transactionTimeout that strikes during COMMIT leaves the outcome unknown, and says so", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const onCommit = (_: Link, stopListening: () => void) => {
        stopListening()
        return "drop" as const
      }
      assert.strictEqual(yield* exportThrough(schema, onCommit, { transactionTimeout: "3 seconds" }), "CommitUnknown")
    }),
  )

  it.effect("cut before COMMIT, and another run exports the window before the look-up: its rows, not ours", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const other = yield* destination(schema)
      const run = Effect.runPromiseWith(yield* Effect.context())
      const outcome = yield* exportThrough(schema, ({ client, server }) => {
        client.removeAllListeners("close")
        server.destroy()
        server.removeAllListeners("close")
        void run(exportText(other, runOf(), pairRows(3))).finally(() => client.resetAndDestroy())
        return "drop"
      })
      assert.strictEqual(outcome, "ClaimLost")
      assert.strictEqual(yield* count(schema), 3)
    }),
  )

  it.effect("an answer other than COMMIT is no success", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const outcome = yield* exportThrough(schema, ({ server }) => {
        const text = Buffer.from("ROLLBACK\0")
        const head = Buffer.from([0x51, 0, 0, 0, text.length + 4])
        server.write(Buffer.concat([head, text]))
        return "drop"
      })
      assert.strictEqual(outcome, "Unknown")
      assert.strictEqual(yield* count(schema), 0)
    }),
  )

  it.effect("an interruption while COMMIT is under way waits for its outcome", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const sent = yield* Deferred.make<void>()
      const resume = yield* Effect.context()
      const fiber = yield* Effect.forkChild(
        exportThrough(schema, ({ server }) => {
          // Reaches the server long after the interruption has been asked for.
          const text = Buffer.from("COMMIT\0")
          setTimeout(() => server.write(Buffer.concat([Buffer.from([0x51, 0, 0, 0, text.length + 4]), text])), 300)
          Effect.runForkWith(resume)(Deferred.succeed(sent, undefined))
          return "drop"
        }),
      )
      yield* Deferred.await(sent)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* count(schema), 10)
      assert.deepStrictEqual((yield* (yield* destination(schema)).plan(runOf())).missing, [])
    }),
  )

  it.effect("cut in the middle of COPY: nothing is there", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const database = yield* Postgres
      let copied = 0
      const through = yield* proxy(database, (message, link) => {
        if (message.type === "d" && ++copied === 3) link.cut()
        return "pass"
      })
      const to = yield* destination(schema, { port: through.port, ...plain })
      assert.strictEqual(yield* reasonOf(exportText(to, runOf(), pairRows(200_000))), "ConnectionLost")
      yield* eventually("the rows are gone", count(schema), (rows) => rows === 0)
      assert.deepStrictEqual((yield* to.plan(runOf())).missing, [runOf().window])
    }),
  )

  it.effect("goes through a pooler in transaction mode: no start-up settings, no named statements", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const through = yield* proxy(yield* Postgres)
      const to = yield* destination(schema, { port: through.port, ...plain })
      yield* exportText(to, runOf(), pairRows(10))
      const [startUp] = through.messages
      const names = (startUp?.body.subarray(4).toString() ?? "").split("\0").filter((_, index) => index % 2 === 0)
      assert.deepStrictEqual(
        names.filter((name) => name !== ""),
        ["user", "database", "application_name", "client_encoding"],
      )
      const parsed = through.messages.filter(({ type }) => type === "P")
      assert.isAbove(parsed.length, 5)
      assert.deepStrictEqual(
        parsed.filter(({ body }) => body[0] !== 0),
        [],
      )
      const sent = through.messages.filter(({ type }) => type === "Q").map(({ body }) => body.toString())
      assert.deepStrictEqual(
        sent.filter((text) => /^SET (?!CONSTRAINTS)/i.test(text)),
        [],
      )
    }),
  )
})
