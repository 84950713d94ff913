import { createClient } from "@clickhouse/client"
import { createEventsTable } from "@batch-exports/fixtures"
import { clickHouse } from "@batch-exports/dev-services"
import { Effect, Result } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { builtIn, decodeText } from "batch-exports"

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")

const decode = (text: string) => decodeText("c.yaml", text, builtIn, { env: () => "x", file: () => undefined })

describe("the examples", () => {
  it("have configurations that decode", () => {
    const readme = /```yaml\n([\s\S]*?)```/.exec(read("README.md"))?.[1] ?? ""
    for (const text of [readme, read("examples/compose/batch-exports.yaml")]) {
      const decoded = decode(text)
      assert.deepStrictEqual(
        Result.isSuccess(decoded) ? [...decoded.success.exports.keys()] : decoded.failure.message,
        ["events"],
      )
    }
  })

  it.live("make a ClickHouse table of the documented shape, with events in it", () =>
    Effect.gen(function* () {
      const server = yield* clickHouse()
      const client = createClient({ url: server.url, username: server.user, password: server.password })
      yield* Effect.promise(async () => {
        const shape = async (database: string) => {
          const result = await client.query({
            query:
              "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = 'events' ORDER BY position",
            query_params: { database },
            format: "JSONEachRow",
          })
          return result.json()
        }
        await client.command({ query: "CREATE DATABASE posthog" })
        for (const statement of read("examples/compose/clickhouse-init.sql").split(/;\s*$/m)) {
          if (statement.trim() !== "") await client.command({ query: statement })
        }
        await createEventsTable(client, "other")
        assert.deepStrictEqual(await shape("posthog"), await shape("other"))
        const counted = await client.query({
          query: "SELECT toUInt32(count()) AS rows FROM posthog.events",
          format: "JSONEachRow",
        })
        assert.deepStrictEqual(await counted.json(), [{ rows: 10800 }])
        await client.close()
      })
    }).pipe(Effect.scoped),
  )
})
