/**
 * Many runs of random windows, most of them with a random fault, some at once. However they end, a last run finds
 * every hour exported exactly once. SEED=… repeats a sequence.
 */
import { type DestinationError, type Window } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { DateTime, Effect, Random, Stream } from "effect"
import { randomInt, randomUUID } from "node:crypto"
import { freshSchema, Postgres } from "./support/database.ts"
import { destination, hours, runOf } from "./support/run.ts"

const day = 24
const halfOpen = { halfOpen: true }
const faults = ["none", "source", "count", "interrupt", "terminate", "abandon"] as const

const hoursOf = (window: Window.Window): ReadonlyArray<number> => {
  const first = DateTime.toPartsUtc(window.start).hour
  const length = (window.end.epochMilliseconds - window.start.epochMilliseconds) / 3_600_000
  return Array.from({ length }, (_, index) => first + index)
}

const rowsOf = async function* (window: Window.Window, breaks: boolean): AsyncGenerator<Uint8Array> {
  for (const hour of hoursOf(window)) {
    yield Buffer.from(`${hour}\tx\n`)
    // Lets runs overlap in time.
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (breaks) throw new Error("the source broke")
  }
}

layer(Postgres.layer, { excludeTestServices: true })("faults", (it) => {
  const seed = process.env["SEED"] ?? String(randomInt(1_000_000))

  it.effect(`random runs and faults, SEED=${seed}`, () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const to = yield* destination(schema)

      const attempt = (window: Window.Window, fault: (typeof faults)[number]): Effect.Effect<void, DestinationError> =>
        Effect.scoped(
          Effect.gen(function* () {
            const run = runOf({ id: randomUUID(), window })
            const sink = yield* to.open(run)
            if (sink.missing.length === 0) return
            let rows = 0
            for (const missing of sink.missing) {
              const stored = yield* sink.write({ window: missing, bytes: rowsOf(missing, fault === "source") })
              rows += stored.received
            }
            if (fault === "abandon") return
            if (fault === "interrupt") return yield* Effect.interrupt
            if (fault === "terminate") {
              yield* sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, [
                `batch-exports ${run.id}`,
              ])
            }
            yield* sink.commit({ rows: fault === "count" ? rows + 1 : rows, adjusted: {} })
          }),
        )

      const plan = yield* Effect.gen(function* () {
        const made: Array<readonly [Window.Window, (typeof faults)[number]]> = []
        for (let index = 0; index < 40; index++) {
          const from = yield* Random.nextIntBetween(0, day, halfOpen)
          const to = yield* Random.nextIntBetween(from + 1, Math.min(from + 7, day + 1), halfOpen)
          const fault = faults[yield* Random.nextIntBetween(0, faults.length, halfOpen)] ?? "none"
          made.push([hours(from, to), fault])
        }
        return made
      }).pipe(Random.withSeed(seed))

      yield* Effect.forEach(plan, ([window, fault]) => Effect.exit(attempt(window, fault)), { concurrency: 4 })

      const last: Effect.Effect<void, DestinationError> = attempt(hours(0, day), "none").pipe(
        Effect.catchIf(
          (error) => error.recovery !== "stop",
          () => last,
        ),
      )
      yield* last
      const rows = yield* sql<{ id: number; n: number }>(
        `SELECT id, count(*)::int4 AS n FROM ${schema}.t GROUP BY id ORDER BY id`,
      )
      assert.deepStrictEqual(
        rows,
        Array.from({ length: day }, (_, id) => ({ id, n: 1 })),
      )
      const ledger = yield* Stream.runCollect(to.ledger("an export"))
      assert.strictEqual(
        ledger.reduce((sum, row) => sum + row.rows, 0),
        day,
      )
    }),
  )
})
