import { once } from "node:events"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { ClickHouseServer } from "../src/index.ts"
import { connect, rows, serverError } from "./client.ts"

/** mulberry32: small, and the same everywhere. */
const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000)

layer(ClickHouseServer.layer, { excludeTestServices: true })("many clients", (it) => {
  it.effect(`that stay, go, fail and kill each other leave the server whole (SEED=${seed})`, () =>
    Effect.gen(function* () {
      // The client's pool of idle sockets has races of its own when it is as busy as here.
      const client = yield* connect({ max_open_connections: 100, keep_alive: { enabled: false } })
      const next = random(seed)
      const stay = async (n: number) => {
        const result = await client.query({ query: `SELECT number FROM numbers(${n})`, format: "JSONCompactEachRow" })
        const found = await result.json()
        assert.strictEqual(found.length, n)
      }
      const go = async (wait: number) => {
        const { stream } = await client.exec({ query: "SELECT number, repeat('x', 100) FROM numbers(1000000000)" })
        for (let i = 0; i < wait; i++) await once(stream, "data")
        stream.destroy()
      }
      const fail = async (at: number) => {
        const query = `SELECT throwIf(number = ${at}) FROM numbers(1000000) `
        let text = ""
        try {
          const { stream } = await client.exec({ query, clickhouse_settings: { dev_exception: "untagged" } })
          for await (const chunk of stream) text = (text + String(chunk)).slice(-1000)
        } catch (error) {
          // It may fail before the first block, or after some.
          text = `Code: ${(error as { code?: string }).code}`
        }
        assert.include(text, "Code: 395")
      }
      const vanish = async (wait: number) => {
        const query = "SELECT max(number) FROM numbers(1000000000000)"
        const gone = new AbortController()
        setTimeout(() => gone.abort(), wait)
        const asked = client.query({ query, abort_signal: gone.signal }).then(
          () => "answered",
          () => "gone",
        )
        assert.strictEqual(await asked, "gone")
      }
      const kill = async (id: string) => {
        const query = "SELECT sum(number) FROM numbers(1000000000000)"
        const killed = client.query({ query, query_id: id }).then(
          () => "finished",
          (error: { code?: string }) => error.code,
        )
        const query_params = { id }
        for (let rowsKilled = ""; rowsKilled === "";) {
          const { stream } = await client.exec({
            query: "KILL QUERY WHERE query_id = {id:String} FORMAT TSV",
            query_params,
          })
          for await (const chunk of stream) rowsKilled += String(chunk)
        }
        assert.strictEqual(await killed, "394")
      }
      const actions = Array.from({ length: 120 }, (_, i) => {
        const [kind, amount] = [next(), next()]
        if (kind < 0.4) return () => stay(Math.floor(amount * 100_000))
        if (kind < 0.7) return () => go(Math.floor(amount * 20))
        if (kind < 0.8) return () => fail(200_000 + Math.floor(amount * 800_000))
        return kind < 0.9 ? () => vanish(amount * 30) : () => kill(`crowd-${i}`)
      })
      yield* Effect.forEach(actions, (action) => Effect.promise(action), { concurrency: 24, discard: true })
      const left = "SELECT toUInt32(count()) AS n FROM system.processes WHERE query NOT LIKE '%system.processes%'"
      while ((yield* rows<{ n: number }>(client, left))[0]?.n !== 0) yield* Effect.sleep("50 millis")
    }),
  )

  it.effect("that hold every thread can still be killed", () =>
    Effect.gen(function* () {
      const client = yield* connect({ max_open_connections: 100 })
      const query = "SELECT sum(number) FROM numbers(1000000000000)"
      const left = new Set(Array.from({ length: 20 }, (_, i) => `thread-${i}`))
      const killed = [...left].map((query_id) => {
        const call = client.query({ query, query_id })
        void call.catch(() => {}).finally(() => left.delete(query_id))
        return serverError(call)
      })
      // Some wait for a thread, and can be killed only when they have one.
      while (left.size > 0)
        yield* Effect.promise(() => client.command({ query: "KILL QUERY WHERE query_id LIKE 'thread-%'" }))
      for (const error of killed) assert.strictEqual((yield* error).code, "394")
    }),
  )
})
