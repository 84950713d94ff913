import { postgres } from "@batch-exports/dev-services"
import { Effect, Result } from "effect"
import { Client } from "pg"
import { from as copyFrom } from "pg-copy-streams"
import { pipeline } from "node:stream/promises"
import { PostgresDestination } from "./index.ts"
import { field } from "../test/support/model.ts"
import { hours, runOf } from "../test/support/run.ts"
import { FieldType, RecordSchema } from "@batch-exports/core"
const row = `x\t${"y".repeat(1000)}\n`
const chunk = Buffer.from(row.repeat(65))
const N = 3000
const gen = async function* () { for (let i = 0; i < N; i++) yield chunk }
const model = { name: "m", description: "", schema: RecordSchema.make(field("a", FieldType.text()), field("b", FieldType.text())), identity: { _tag: "Append" } } as const
const cpu = async (label: string, f: () => Promise<unknown>) => { const a = process.cpuUsage(), t = performance.now(); await f(); const u = process.cpuUsage(a); console.log(label, "wall", Math.round(performance.now() - t), "cpu ms", Math.round((u.user + u.system) / 1000), "MB", Math.round(N * chunk.length / 1e6), "rss", Math.round(process.memoryUsage().rss / 1e6)) }
await Effect.runPromise(Effect.scoped(Effect.gen(function* () {
  const s = yield* postgres({ plaintext: true })
  const base = { host: s.host, port: s.port, user: s.user, password: s.password, database: s.database }
  for (let i = 0; i < 3; i++) {
    for (const [mode, tls] of [["plain", { sslmode: "disable" }], ["tls", { rootCertificate: s.ca }]] as const) {
      const to = Result.getOrThrow(PostgresDestination.configure({ ...base, table: `t${i}${mode}`, ...tls }))
      yield* Effect.promise(() => cpu(`ours ${mode}`, () => Effect.runPromise(Effect.scoped(Effect.gen(function* () {
        const run = runOf({ model, export: `${i}${mode}` })
        const sink = yield* to.open(run)
        yield* sink.write({ window: run.window, bytes: gen() })
        yield* sink.commit({ rows: N * 65, adjusted: {} })
      })))))
    }
    yield* Effect.promise(() => cpu("raw plain", async () => {
      const c = new Client({ ...base, ssl: false }); await c.connect(); await c.query(`create table r${i} (a text, b text)`)
      await pipeline(gen, c.query(copyFrom(`copy r${i} from stdin`))); await c.end()
    }))
  }
})))
void hours
