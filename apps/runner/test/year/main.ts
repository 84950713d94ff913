/**
 * Backfills a year of hourly windows with one command and says what it took: `npm run test:year`, with `-- --hours 200` for less.
 * Fails where the ledger does not hold every hour once, or the rows are not those of the source.
 */
import { Effect } from "effect"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { told } from "../support/quantiles.ts"
import { query, runsOf } from "../support/runnerProcess.ts"
import { World } from "../support/World.ts"

const { values: said } = parseArgs({
  options: {
    hours: { type: "string", default: "8760" },
    rows: { type: "string", default: "20000" },
    concurrency: { type: "string", default: "4" },
  },
})
const hours = Number(said.hours)

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`

const main = Effect.gen(function* () {
  const world = yield* World
  const data = join(world.folder, "data")
  const config = world.config({ schedule: { every: "hour" } })
  const range = `${world.windows[0]?.start.toISOString()}/${world.windows.at(-1)?.end.toISOString()}`
  const started = performance.now()
  const flags = ["--range", range, "--step", "hour", "--concurrency", said.concurrency]
  const child = world.start("backfill", "start", "events", "--wait", ...flags, "--config", config, "--data", data)
  child.stderr?.pipe(process.stderr)
  const { code, stdout } = yield* Effect.promise(() => child.finished)
  const took = performance.now() - started
  process.stdout.write(stdout)
  if (code !== 0) return yield* Effect.die(new Error(`the command ended with ${code}`))

  const runs = runsOf(data)
  const timings = runs.flatMap((run) => (run.timings === null ? [] : [run.timings]))
  for (const phase of ["open", "transfer", "commit"] as const) {
    console.log(`${phase.padEnd(8)} ${told(timings.map((each) => each[phase]))}`)
  }
  const whole = runs.map((run) => (run.finishedAt ?? 0) - (run.dispatchedAt ?? 0))
  console.log(`dispatched to finished ${told(whole)}`)
  console.log(`${runs.length} windows in ${seconds(took)}: ${(took / runs.length).toFixed(1)} ms each`)

  const ledger = yield* world.query<{ windows: number; hours: number; rows: number; stored: number }>(
    `SELECT count(*)::int AS windows, count(DISTINCT window_start)::int AS hours, sum(rows)::int AS rows,
       (SELECT count(*)::int FROM ${world.schema}.events) AS stored FROM ${world.schema}.batch_exports_ledger`,
  )
  console.log(
    JSON.stringify({ ledger: ledger[0], state: query(data, "SELECT state, COUNT(*) AS n FROM runs GROUP BY state") }),
  )
  const held = ledger[0]
  if (held?.windows !== hours || held.hours !== hours || held.rows !== held.stored) {
    return yield* Effect.die(new Error("the ledger does not hold every hour once"))
  }
  // Hour by hour, because copies of an event collapse within a window, not beyond it. This takes a while.
  const comparison = yield* world.compare()
  if (!comparison.equal) return yield* Effect.die(new Error("the rows are not those of the source"))
  console.log("source = destination")
})

const START = Date.UTC(2025, 0, 1)

await Effect.runPromise(
  main.pipe(Effect.provide(World.layer({ windows: hours, rows: Number(said.rows), start: START })), Effect.scoped),
)
