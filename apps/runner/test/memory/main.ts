/**
 * What an idle runner holds: before it has done anything, and after a schedule of some hours and a backfill of the same hours by
 * force. `npm run test:memory`. Fails above `--most` megabytes.
 */
import { Effect } from "effect"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { residentMegabytes } from "../support/memory.ts"
import { allFinished, until } from "../support/runnerProcess.ts"
import { World } from "../support/World.ts"

const { values: said } = parseArgs({
  options: {
    hours: { type: "string", default: "24" },
    rows: { type: "string", default: "100000" },
    most: { type: "string", default: "250" },
    idle: { type: "string", default: "20" },
  },
})
const hours = Number(said.hours)
const idle = () => Effect.promise(() => sleep(Number(said.idle) * 1000))

const main = Effect.gen(function* () {
  const world = yield* World
  const data = join(world.folder, "data")
  const range = { start: world.windows[0]?.start.toISOString(), end: world.windows.at(-1)?.end.toISOString() }
  const config = (schedule: object) => world.config({ schedule: { every: "hour", ...schedule } })
  const start = (schedule: object, folder = data) =>
    world.start("start", "--config", config(schedule), "--data", folder)
  const figures: Array<readonly [string, number]> = []
  const measured = (what: string, child: { readonly pid?: number | undefined }) => {
    figures.push([what, residentMegabytes(child.pid)])
    console.log(`${what}: ${figures.at(-1)?.[1]} MB`)
  }

  const idling = start({}, join(world.folder, "unused"))
  yield* Effect.promise(() => idling.said("on schedule."))
  yield* idle()
  measured("idle, nothing done yet", idling)
  idling.kill("SIGTERM")
  yield* Effect.promise(() => idling.finished)

  const child = start({ startAt: range.start, endAt: range.end })
  yield* Effect.promise(() => until(child, data, allFinished(hours)))
  yield* idle()
  measured(`idle, after ${hours} windows of a schedule`, child)
  const flags = ["--range", `${range.start}/${range.end}`, "--step", "hour", "--concurrency", "4", "--force"]
  const backfill = ["backfill", "start", "events", "--wait", ...flags, "--config", config({}), "--data", data]
  const filled = yield* world.cli(...backfill)
  if (filled.code !== 0) return yield* Effect.die(new Error(filled.stderr))
  yield* idle()
  measured(`idle, after a backfill of ${hours} windows`, child)
  child.kill("SIGTERM")
  yield* Effect.promise(() => child.finished)
  if (figures.some(([, megabytes]) => megabytes > Number(said.most))) {
    return yield* Effect.die(new Error(`more than ${said.most} MB`))
  }
})

await Effect.runPromise(
  main.pipe(Effect.provide(World.layer({ windows: hours, rows: Number(said.rows) })), Effect.scoped),
)
