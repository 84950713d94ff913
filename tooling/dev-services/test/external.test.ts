import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { clickHouse, postgres } from "../src/index.ts"

const withVariables = (variables: Record<string, string>) =>
  Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))

describe("servers of one's own", () => {
  it.live("take the place of the embedded Postgres", () =>
    Effect.gen(function* () {
      const embedded = yield* postgres()
      const external = yield* postgres().pipe(withVariables({ DATABASE_URL: embedded.url }))
      assert.deepStrictEqual(external, { ...embedded, external: true })
      const wrong = embedded.url.replace(embedded.password, "secret-and-wrong")
      const error = yield* postgres().pipe(withVariables({ DATABASE_URL: wrong }), Effect.flip)
      assert.match(error.message, /does not answer: .*password authentication failed/)
      assert.notInclude(error.message + error.remedy, "secret-and-wrong")
      const noUrl = yield* postgres().pipe(withVariables({ DATABASE_URL: "secret-and-no-url" }), Effect.flip)
      assert.strictEqual(noUrl.message, "DATABASE_URL is not a URL")
    }),
  )

  it.live("take the place of the embedded ClickHouse", () =>
    Effect.gen(function* () {
      const server = (variables: Record<string, string>) => clickHouse().pipe(withVariables(variables))
      assert.deepStrictEqual(yield* server({ CLICKHOUSE_URL: "http://jo%40e:p%20w@db.example:8123/" }), {
        url: "http://db.example:8123",
        user: "jo@e",
        password: "p w",
        external: true,
      })
      const apart = { CLICKHOUSE_URL: "https://db.example", CLICKHOUSE_USER: "u", CLICKHOUSE_PASSWORD: "p" }
      assert.deepInclude(yield* server(apart), { url: "https://db.example", user: "u", password: "p" })
      const error = yield* Effect.flip(server({ CLICKHOUSE_URL: "secret" }))
      assert.strictEqual(error.message, "CLICKHOUSE_URL is not a URL")
    }),
  )
})

describe("what cannot be had", () => {
  it.live("is said in one line, with what to do", () =>
    Effect.gen(function* () {
      const before = process.env["PG_BIN"]
      process.env["PG_BIN"] = "/nowhere"
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          if (before === undefined) delete process.env["PG_BIN"]
          else process.env["PG_BIN"] = before
        }),
      )
      const error = yield* Effect.flip(postgres())
      assert.match(error.message, /^PG_BIN is \/nowhere, but .*ENOENT[^\n]*$/)
      assert.strictEqual(error.remedy, "Set PG_BIN to the folder that holds initdb and postgres.")
    }),
  )
})
