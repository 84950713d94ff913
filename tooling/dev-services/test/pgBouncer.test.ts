import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Client, type ClientConfig } from "pg"
import { hasPgBouncer, pgBouncer, postgres } from "../src/index.ts"

const ask = (config: ClientConfig, ...statements: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const client = new Client(config)
    await client.connect()
    try {
      const answers = []
      for (const sql of statements) answers.push((await client.query<Record<string, unknown>>(sql)).rows)
      return answers
    } finally {
      await client.end()
    }
  })

it.live.skipIf(!hasPgBouncer())("PgBouncer pools transactions, over TLS on both sides, for users that come later", () =>
  Effect.gen(function* () {
    const server = yield* postgres()
    const pooler = yield* pgBouncer({ server, poolSize: 1 })
    const config = {
      host: pooler.host,
      port: pooler.port,
      database: server.database,
      ssl: { ca: pooler.ca ?? "", servername: "localhost" },
    }
    const root = { ...config, user: server.user, password: server.password }
    yield* ask(root, "CREATE USER late PASSWORD 'a password'")
    const late = { ...config, user: "late", password: "a password" }
    const [encrypted] = yield* ask(late, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    assert.deepStrictEqual(encrypted, [{ ssl: true }])
    // Two clients, one connection to the server.
    const who = "SELECT pg_backend_pid() AS pid"
    assert.deepStrictEqual(yield* ask(late, who), yield* ask(late, who))
    const refused = yield* Effect.promise(async () => {
      const client = new Client({ ...late, statement_timeout: 1000 })
      return client.connect().then(
        () => client.end().then(() => "let in"),
        (error: { code?: string }) => error.code,
      )
    })
    assert.strictEqual(refused, "08P01")
  }),
)
