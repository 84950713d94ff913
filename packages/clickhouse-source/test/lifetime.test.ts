/** A query lives as long as its scope, on the server too. */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Deferred, Effect, Fiber } from "effect"
import { events } from "../src/models/events.ts"
import { client, collect, configured, created, day, projection, run } from "./support/reading.ts"
import { nonceOf, replaying } from "./support/servers.ts"
import { bulk } from "./support/table.ts"

layer(ClickHouseServer.layer, { excludeTestServices: true })("lifetime", (it) => {
  const begin = Effect.fnUntraced(function* () {
    const server = yield* ClickHouseServer
    const connection = yield* client(server)
    const name = yield* bulk(connection, { rows: 30_000, bytes: 1000 })
    const opened = yield* configured(server, { selection: { table: name } }).open
    const reading = opened.read({
      run: run(opened, day),
      window: day,
      projection: projection(opened.model, "postgres-copy-text", created(opened.model)),
    })
    const running = Effect.promise(() =>
      connection
        .query({
          query: `SELECT count() AS n FROM system.processes WHERE query LIKE '%${name}%' AND query LIKE '%FORMAT Template%' AND query NOT LIKE '%system.processes%'`,
          format: "JSONEachRow",
        })
        .then((result) => result.json<{ n: string | number }>()),
    ).pipe(Effect.map(([row]) => Number(row?.n)))
    return { reading, running }
  })

  /** The server stops a query between two blocks. */
  const untilNoneRuns = (running: Effect.Effect<number>) =>
    running.pipe(Effect.delay("20 millis"), Effect.repeat({ until: (count) => count === 0 }))

  it.effect("closing the scope stops the query", () =>
    Effect.gen(function* () {
      const { reading, running } = yield* begin()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { bytes } = yield* reading
          const first = yield* Effect.promise(() => bytes[Symbol.asyncIterator]().next())
          assert.isFalse(first.done)
          assert.strictEqual(yield* running, 1)
        }),
      )
      yield* untilNoneRuns(running)
    }),
  )

  it.effect("interruption stops the query", () =>
    Effect.gen(function* () {
      const { reading, running } = yield* begin()
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        Effect.scoped(
          Effect.gen(function* () {
            yield* reading
            yield* Deferred.succeed(begun, undefined)
            return yield* Effect.never
          }),
        ),
      )
      yield* Deferred.await(begun)
      assert.strictEqual(yield* running, 1)
      yield* Fiber.interrupt(fiber)
      yield* untilNoneRuns(running)
    }),
  )

  it.effect("a reader that stops stops the query", () =>
    Effect.gen(function* () {
      const { reading, running } = yield* begin()
      const { bytes } = yield* reading
      yield* Effect.promise(async () => {
        for await (const chunk of bytes) if (chunk.length > 0) break
      })
      yield* untilNoneRuns(running)
    }),
  )

  it.effect("a window is one query, which names export and run, and is killed by its id unless it has ended", () =>
    Effect.gen(function* () {
      const columns = events({ name: "events", teamId: 1 }).tables[0]?.columns ?? []
      const queries: Array<string> = []
      const read: Array<string | null> = []
      const killed: Array<string | null> = []
      const about: Array<string | null> = []
      const server = yield* replaying((asked, response) => {
        queries.push(asked.query)
        if (asked.query.startsWith("KILL")) killed.push(asked.params.get("param_id"))
        if (asked.query.startsWith("DESCRIBE")) {
          response.end(columns.map((name) => `${JSON.stringify({ name })}\n`).join(""))
        } else if (asked.params.has("format_template_row_format")) {
          read.push(asked.params.get("query_id"))
          about.push(asked.params.get("log_comment"))
          response.write("a\tb\n".repeat(100_000))
          if (read.length === 2) response.end(`${nonceOf(asked)}100000`)
        } else response.end()
      })
      const opened = yield* configured(server).open
      const once = opened.read({
        run: run(opened, day),
        window: day,
        projection: projection(opened.model, "postgres-copy-text", ["uuid", "timestamp"]),
      })
      yield* Effect.scoped(once)
      assert.deepStrictEqual(killed, read)
      yield* Effect.scoped(Effect.flatMap(once, ({ bytes }) => Effect.promise(() => collect(bytes))))
      assert.strictEqual(read.length, 2)
      assert.deepStrictEqual(killed, read.slice(0, 1))
      assert.notStrictEqual(read[0], read[1], "an attempt is told from the one before")
      assert.deepStrictEqual(about, Array(2).fill('{"export":"an export","run":"run-1"}'))
      assert.match(queries.find((query) => query.startsWith("KILL")) ?? "", /^KILL QUERY WHERE query_id = /)
    }),
  )

  it.effect("a server that hangs does not keep whoever was interrupted", () =>
    Effect.gen(function* () {
      const columns = events({ name: "events", teamId: 1 }).tables[0]?.columns ?? []
      const asked: Array<string> = []
      const server = yield* replaying(({ params, query }, response) => {
        asked.push(query.slice(0, 4))
        if (query.startsWith("DESCRIBE")) {
          response.end(columns.map((name) => `${JSON.stringify({ name })}\n`).join(""))
        } else if (params.has("format_template_row_format")) response.write("a\tb\n".repeat(100_000))
        else if (!query.startsWith("KILL")) response.end()
      })
      const opened = yield* configured(server).open
      const started = yield* Deferred.make<void>()
      const fiber = yield* opened
        .read({
          run: run(opened, day),
          window: day,
          projection: projection(opened.model, "postgres-copy-text", ["uuid", "timestamp"]),
        })
        .pipe(Effect.andThen(Deferred.succeed(started, undefined)), Effect.andThen(Effect.never), Effect.scoped)
        .pipe(Effect.forkChild)
      yield* Deferred.await(started)
      const from = Date.now()
      yield* Fiber.interrupt(fiber)
      assert.include(asked, "KILL")
      // One second, and what a busy machine adds.
      assert.isBelow(Date.now() - from, 4_000)
    }),
  )
})
