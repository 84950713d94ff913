/**
 * Faults by the hundred among several runners: `npm run storm:cluster`. FAULTS says how many, RUNNERS in which clusters, which are
 * struck side by side, each with servers of its own: most of the time they wait for leases to end. SEED names another storm.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer, Logger } from "effect"
import { told } from "../support/quantiles.ts"
import { World } from "../support/World.ts"
import { faultsOf, storm } from "./storm.ts"

const SEED = Number(process.env["SEED"] ?? 20_260_131)
const FAULTS = Number(process.env["FAULTS"] ?? 200)
const RUNNERS = (process.env["RUNNERS"] ?? "2,3,2,3").split(",").map(Number)

/** Milliseconds in which others have what a runner had that died or froze. */
const TAKEOVER = 15_000

const figures = (times: ReadonlyArray<number>) => `${times.length}, ${told(times.map(Math.round))}`

const began = performance.now()
const say = (line: string) =>
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}\n`)

const one = (runners: number, index: number) => {
  const share = Math.floor((FAULTS * (index + 1)) / RUNNERS.length) - Math.floor((FAULTS * index) / RUNNERS.length)
  const seed = SEED + index
  return storm({
    seed,
    runners,
    faults: faultsOf(seed, share),
    minutes: 2,
    // A run lasts a second or two, and is met anywhere in between.
    line: { bytes: 32_768, everyMillis: 30 },
    say: (line) => say(`${runners} runners: ${line}`),
  }).pipe(
    Effect.provide(World.layer({ windows: 2, rows: 10_000 })),
    Effect.map((weathered) => ({ ...weathered, runners, faults: share })),
  )
}

const weathered = await Effect.runPromise(
  Effect.forEach(RUNNERS, one, { concurrency: "unbounded" }).pipe(
    Effect.provide(Layer.merge(NodeServices.layer, Logger.layer([]))),
    Effect.scoped,
  ),
)

for (const { afterStart, faults, runners, spent, tables, takeovers } of weathered) {
  console.log(`${runners} runners: ${faults} faults, ${tables} tables; takeover: ${figures(takeovers)}`)
  if (afterStart.length > 0) console.log(`  while no other was there, its start included: ${figures(afterStart)}`)
  for (const [what, seconds] of Object.entries(spent).toSorted(([, a], [, b]) => b - a)) {
    console.log(`  ${seconds.toFixed(0).padStart(6)} s  ${what}`)
  }
}
const all = weathered.flatMap(({ takeovers }) => takeovers)
const minutes = ((performance.now() - began) / 60_000).toFixed(1)
console.log(`${FAULTS} faults in ${minutes} minutes; takeover: ${figures(all)}`)
if (all.some((took) => took >= TAKEOVER)) {
  console.log(`a takeover took ${TAKEOVER / 1000} seconds or more`)
  process.exitCode = 1
}
