/**
 * Many exports of one runner whose windows end at the same moment, spread by jitter over a minute: how late each is, and what
 * memory the runner needs before and after. `npm run test:fleet`, with `-- --exports 100 --concurrency 8` for other figures. Fails where
 * it idles above `--most` megabytes afterwards.
 */
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { parse, stringify } from "yaml"
import { clickHouseClient } from "../support/clients.ts"
import { told } from "../support/quantiles.ts"
import { allFinished, until } from "../support/runnerProcess.ts"
import { residentMegabytes } from "../support/memory.ts"
import { World } from "../support/World.ts"

const { values: said } = parseArgs({
  options: {
    exports: { type: "string", default: "500" },
    concurrency: { type: "string", default: "8" },
    jitter: { type: "string", default: "60 seconds" },
    /** Seconds in which the runner idles before the windows end, and after. */
    idle: { type: "string", default: "30" },
    most: { type: "string", default: "220" },
  },
})
const count = Number(said.exports)
const MINUTE = 60_000

const main = Effect.gen(function* () {
  const world = yield* World
  const end = (Math.floor((Date.now() + Number(said.idle) * 1000) / MINUTE) + 1) * MINUTE
  const start = end - MINUTE
  const iso = (at: number) => new Date(at).toISOString()
  const client = yield* clickHouseClient(world.ch)
  yield* Effect.promise(async () => {
    for (const query of [
      "CREATE TABLE posthog.orders (id UInt32, total Decimal(10, 2), state String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY at",
      `INSERT INTO posthog.orders SELECT number, number / 7, 'open', toDateTime64('${iso(start).slice(0, 19)}', 3, 'UTC') + number % 60 FROM numbers(100)`,
    ])
      await client.command({ query })
  })
  const file = world.config()
  const { exports: _, ...rest } = parse(readFileSync(file, "utf8")) as Readonly<Record<string, object>>
  const moments = { startAt: iso(start), endAt: iso(end) }
  const schedule = { every: "1 minute", settle: "0 seconds", jitter: said.jitter, ...moments }
  const named = (index: number) => `export_${String(index).padStart(3, "0")}`
  const exports = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      named(index),
      {
        model: { name: "table", table: "orders", time: "at" },
        destination: { use: "warehouse", table: named(index) },
        schedule,
      },
    ]),
  )
  const runner = { listen: "off", concurrency: Number(said.concurrency), perDestination: Number(said.concurrency) }
  writeFileSync(file, stringify({ ...rest, exports, runner }, { aliasDuplicateObjects: false }))

  const data = join(world.folder, "data")
  const child = world.start("start", "--config", file, "--data", data)
  yield* Effect.promise(() => child.said("on schedule."))
  yield* Effect.promise(() => sleep(Math.max(0, end - Date.now() - 1_000)))
  console.log(`idle with ${count} exports: ${residentMegabytes(child.pid)} MB`)
  const runs = yield* Effect.promise(() => until(child, data, allFinished(count)))
  const since = (at: number | null, due: number) => (at ?? Infinity) - due
  console.log(`started after due  ${told(runs.map((run) => since(run.startedAt, run.dueAt)))}`)
  console.log(`finished after due ${told(runs.map((run) => since(run.finishedAt, run.dueAt)))}`)
  for (const phase of ["open", "transfer", "commit"] as const) {
    console.log(`${phase.padEnd(18)} ${told(runs.map((run) => run.timings?.[phase] ?? 0))}`)
  }
  yield* Effect.promise(() => sleep(Number(said.idle) * 1000))
  const idle = residentMegabytes(child.pid)
  console.log(`idle afterwards: ${idle} MB`)
  const wrong = runs.filter(({ state, stored }) => state !== "completed" || stored?.received !== 100)
  if (wrong.length > 0) return yield* Effect.die(new Error(`${wrong.length} runs did not export 100 rows`))
  if (idle > Number(said.most)) return yield* Effect.die(new Error(`it idles above ${said.most} MB`))
  child.kill("SIGTERM")
  const { code, stderr } = yield* Effect.promise(() => child.finished)
  if (code !== 0) return yield* Effect.die(new Error(stderr.slice(-2_000)))
})

await Effect.runPromise(main.pipe(Effect.provide(World.layer({ windows: 1, rows: 10 })), Effect.scoped))
