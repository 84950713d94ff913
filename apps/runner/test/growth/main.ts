/**
 * Whether a runner grows with what it has done: small windows, one after the other, and how much more memory it holds at the end
 * than after the first third, when all code has been compiled. `npm run test:growth`, with `-- --runs 600` for less. Fails
 * where it grows by more than `--most` kilobytes a run, or idles above `--idle-most` megabytes.
 */
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { parse, stringify } from "yaml"
import { clickHouseClient } from "../support/clients.ts"
import { residentMegabytes } from "../support/memory.ts"
import { quantile } from "../support/quantiles.ts"
import { query } from "../support/runnerProcess.ts"
import { World } from "../support/World.ts"

const { values: said } = parseArgs({
  options: {
    runs: { type: "string", default: "2000" },
    exports: { type: "string", default: "4" },
    most: { type: "string", default: "10" },
    "idle-most": { type: "string", default: "250" },
    idle: { type: "string", default: "30" },
  },
})
const exportCount = Number(said.exports)
const windows = Math.ceil(Number(said.runs) / exportCount)
const runs = windows * exportCount
const MINUTE = 60_000
const START = Date.UTC(2026, 0, 1)

const main = Effect.gen(function* () {
  const world = yield* World
  const client = yield* clickHouseClient(world.ch)
  yield* Effect.promise(async () => {
    const rows = `SELECT number, number / 7, 'open', toDateTime64(${START / 1000}, 3, 'UTC') + number * 6 FROM numbers(${windows * 10})`
    for (const query of [
      "CREATE TABLE posthog.orders (id UInt32, total Decimal(10, 2), state String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY at",
      `INSERT INTO posthog.orders ${rows}`,
    ])
      await client.command({ query })
  })
  const file = world.config()
  const { exports: _, ...rest } = parse(readFileSync(file, "utf8")) as Readonly<Record<string, object>>
  const schedule = {
    every: "1 minute",
    startAt: new Date(START).toISOString(),
    endAt: new Date(START + windows * MINUTE).toISOString(),
    catchUpLimit: windows,
  }
  const exports = Object.fromEntries(
    Array.from({ length: exportCount }, (_, index) => [
      `orders_${index}`,
      {
        model: { name: "table", table: "orders", time: "at" },
        destination: { use: "warehouse", table: `orders_${index}` },
        schedule,
      },
    ]),
  )
  writeFileSync(file, stringify({ ...rest, exports, runner: { listen: "off" } }, { aliasDuplicateObjects: false }))

  const data = join(world.folder, "data")
  const child = world.start("start", "--config", file, "--data", data)
  yield* Effect.promise(() => child.said("on schedule."))
  const done = () =>
    Number(query(data, "SELECT COUNT(*) AS n FROM runs WHERE state = 'completed' AND rows_received = 10")[0]?.["n"])
  const seen: Array<{ readonly runs: number; readonly megabytes: number }> = []
  while (done() < runs) {
    if (child.exitCode !== null) return yield* Effect.die(new Error("the runner ended before"))
    yield* Effect.promise(() => sleep(1_000))
    seen.push({ runs: done(), megabytes: residentMegabytes(child.pid) })
  }
  const third = Math.floor(runs / 3)
  // What a collection has just freed, or is about to, is not growth.
  const median = (from: number) =>
    quantile(
      seen.filter((each) => each.runs >= from && each.runs < from + third).map(({ megabytes }) => megabytes),
      0.5,
    )
  const thirds = [median(0), median(third), median(2 * third)] as const
  console.log(`while it works, by thirds of ${runs} runs: ${thirds.join(", ")} MB`)
  const perRun = ((thirds[2] - thirds[1]) * 1024) / third
  console.log(`${perRun.toFixed(1)} kB more for each run`)
  yield* Effect.promise(() => sleep(Number(said.idle) * 1000))
  const idle = residentMegabytes(child.pid)
  console.log(`idle afterwards: ${idle} MB`)
  child.kill("SIGTERM")
  yield* Effect.promise(() => child.finished)
  if (perRun > Number(said.most)) return yield* Effect.die(new Error(`it grows by more than ${said.most} kB a run`))
  if (idle > Number(said["idle-most"])) return yield* Effect.die(new Error(`it idles above ${said["idle-most"]} MB`))
})

await Effect.runPromise(main.pipe(Effect.provide(World.layer({ windows: 1, rows: 10 })), Effect.scoped))
