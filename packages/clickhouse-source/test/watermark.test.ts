/** What is being written holds windows back. */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { DateTime, Effect, Fiber } from "effect"
import { client, configured } from "./support/reading.ts"
import { table } from "./support/table.ts"

layer(ClickHouseServer.layer, { excludeTestServices: true })("the watermark", (it) => {
  const opened = Effect.fnUntraced(function* (config: object = {}) {
    const server = yield* ClickHouseServer
    const name = yield* table(yield* client(server), [])
    const source = yield* configured(server, { config, selection: { table: name } }).open
    if (source.watermark === undefined) throw new Error("no watermark")
    return { now: source.now, watermark: source.watermark }
  })

  it.effect("follows the clock, at a distance", () =>
    Effect.gen(function* () {
      const { now, watermark } = yield* opened({ settle: "10 minutes" })
      const before = yield* now
      const at = yield* watermark
      const after = yield* now
      const behind = (instant: DateTime.Utc) => DateTime.toEpochMillis(instant) - 600_000
      assert.isAtLeast(DateTime.toEpochMillis(at), behind(before) - 1)
      assert.isAtMost(DateTime.toEpochMillis(at), behind(after))
    }),
  )

  it.effect("waits for an INSERT that runs", () =>
    Effect.gen(function* () {
      const connection = yield* client(yield* ClickHouseServer)
      const { now, watermark } = yield* opened()
      yield* Effect.promise(() =>
        connection.command({ query: "CREATE OR REPLACE TABLE slow (n UInt64) ENGINE = MergeTree ORDER BY n" }),
      )
      const began = yield* now
      const inserting = yield* Effect.forkChild(
        Effect.promise(() =>
          connection.command({ query: "INSERT INTO slow SELECT number + sleepEachRow(0.2) FROM numbers(10)" }),
        ),
      )
      const running = connection.query.bind(connection)
      const inserts = Effect.promise(async () => {
        const result = await running({
          query: "SELECT count() AS n FROM system.processes WHERE query_kind = 'Insert'",
          format: "JSONEachRow",
        })
        return Number((await result.json<{ n: string }>())[0]?.n)
      })
      yield* inserts.pipe(Effect.delay("20 millis"), Effect.repeat({ until: (count) => count > 0 }))
      yield* Effect.sleep("200 millis")
      const [during, seen] = [yield* watermark, yield* now]
      assert.isAtLeast(DateTime.toEpochMillis(during), DateTime.toEpochMillis(began) - 1)
      assert.isAtLeast(DateTime.toEpochMillis(seen) - DateTime.toEpochMillis(during), 100)
      yield* Fiber.join(inserting)
      const ended = yield* now
      assert.isAtLeast(DateTime.toEpochMillis(yield* watermark), DateTime.toEpochMillis(ended))
    }),
  )
})
