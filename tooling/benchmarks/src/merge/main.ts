/** `npm run bench:merge`: changes of persons merged into a large table, by the export and by hand, in turns. `--write` puts the figures into docs/benchmarks.md. */
import { NodeRuntime } from "@effect/platform-node"
import { postgres } from "@batch-exports/dev-services"
import { Console, Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Client } from "pg"
import { backends, backendsGone } from "../backends.ts"
import { attempt, BenchmarkError } from "../BenchmarkError.ts"
import * as Machine from "../machine.ts"
import * as Proc from "../proc.ts"
import { settings } from "../servers.ts"
import { rotate } from "../statistics.ts"
import { contestants } from "./contestants.ts"
import { changes, create, populate } from "./persons.ts"
import { markdown, type Measured, place } from "./report.ts"

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "2000000" },
    changes: { type: "string", default: "200000" },
    rounds: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
})
const [rows, count, rounds] = [Number(flags.rows), Number(flags.changes), Number(flags.rounds)]

const file = fileURLToPath(new URL("../../../../docs/benchmarks.md", import.meta.url))

const bench = Effect.gen(function* () {
  const server = yield* postgres({ tls: false, plaintext: true, settings })
  const { database, host, password, port, user } = server
  const admin = new Client({ host, port, user, password, database })
  yield* Effect.acquireRelease(
    attempt("connect", () => admin.connect()),
    () => Effect.promise(() => admin.end()),
  )
  const sql = (text: string) => attempt(text.slice(0, 60), () => admin.query<Record<string, string>>(text))
  for (const { table } of contestants) {
    yield* Console.error(`making ${table}, ${rows} rows`)
    yield* sql(create(table))
    yield* sql(populate(table, rows))
    yield* sql(`VACUUM ANALYZE ${table}`)
  }
  const {
    rows: [postmaster],
  } = yield* sql("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid")
  const servers = { postmasterPid: Number(postmaster?.["pid"]) }
  const cpu = () => Proc.cpuOfFamily(servers.postmasterPid)

  const measured = new Map<string, Array<Measured>>(contestants.map(({ title }) => [title, []]))
  for (let round = 0; round <= rounds; round++) {
    const chunks = changes({ round, rows, changes: count })
    for (const contestant of rotate(contestants, round)) {
      yield* sql("CHECKPOINT")
      const others = backends(servers)
      const before = cpu()
      const started = performance.now()
      yield* contestant.merge({ server, round, rows: count, chunks })
      const seconds = (performance.now() - started) / 1000
      yield* backendsGone(servers, others)
      const used = cpu() - before
      yield* Console.error(
        `round ${round}: ${contestant.title} ${seconds.toFixed(2)} s, Postgres CPU ${used.toFixed(2)} s`,
      )
      // The first round warms up.
      if (round > 0) measured.get(contestant.title)?.push({ seconds, cpu: used })
    }
  }

  const contents = yield* Effect.forEach(contestants, ({ table }) =>
    Effect.map(
      sql(`SELECT sum(hashtextextended(t::text, 0)::numeric)::text AS content FROM ${table} AS t`),
      (result) => result.rows[0]?.["content"],
    ),
  )
  if (new Set(contents).size !== 1) return yield* new BenchmarkError({ message: "the tables are not equal" })

  const section = markdown({
    at: new Date(),
    machine: { ...Machine.host(), postgres: server.version },
    rows,
    changes: count,
    measured,
  })
  yield* Console.log(section)
  if (flags.write) {
    yield* attempt("write the figures", async () => writeFileSync(file, place(readFileSync(file, "utf8"), section)))
    yield* Console.error(`written to ${file}`)
  }
}).pipe(Effect.scoped)

NodeRuntime.runMain(bench)
