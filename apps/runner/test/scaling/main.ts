/**
 * How the work of m exports is done by n runners on one machine: `npm run bench:runners`. Many small windows, so that what counts
 * is the runners' own work rather than that of the two servers. RUNNERS and EXPORTS name other numbers, such as `1,2,4`.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer, Logger } from "effect"
import { cpus } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Client } from "pg"
import { parse, stringify } from "yaml"
import { readFileSync, writeFileSync } from "node:fs"
import { World } from "../support/World.ts"

const numbers = (name: string, preset: string) => (process.env[name] ?? preset).split(",").map(Number)

const HOURS = 2
const WINDOWS = 12

interface Run {
  readonly started: string
  readonly finished: string
  readonly due: string
}

const measure = Effect.fnUntraced(function* (runners: number, exports: number) {
  const world = yield* World
  const schema = `scale_${runners}_${exports}`
  const one = parse(readFileSync(world.config(), "utf8")) as Record<string, Record<string, unknown>>
  const schedule = {
    every: `${(HOURS * 60) / WINDOWS} minutes`,
    startAt: world.windows[0]?.start.toISOString(),
    endAt: world.windows.at(-1)?.end.toISOString(),
  }
  const names = Array.from({ length: exports }, (_, index) => `${schema}_${index}`)
  const file = join(world.folder, `${schema}.yaml`)
  const definitions = names.map((name) => [
    name,
    {
      model: { name: "events", teamId: "all" },
      destination: { use: "warehouse", table: name, ledgerTable: `${schema}_ledger` },
      schedule,
    },
  ])
  const runner = { ...one["runner"], concurrency: 4 * runners, perDestination: 4 * runners }
  writeFileSync(file, stringify({ ...one, runner, exports: Object.fromEntries(definitions) }))
  const url = `${world.server.url}&schema=${schema}`
  const children = Array.from({ length: runners }, () => world.start("start", "--config", file, "--state", url))
  return yield* Effect.promise(async () => {
    const { ca, database, host, password, port, user } = world.server
    const pg = new Client({ host, port, user, password, database, ...(ca === undefined ? {} : { ssl: { ca } }) })
    await pg.connect()
    const all = exports * WINDOWS
    for (;;) {
      await sleep(500)
      const there = await pg.query(`SELECT to_regclass('${schema}.runs') AS there`)
      if ((there.rows[0] as { there: unknown }).there === null) continue
      const { rows } = await pg.query(`SELECT count(*)::int AS n FROM ${schema}.runs WHERE state = 'completed'`)
      if ((rows[0] as { n: number }).n === all) break
    }
    const { rows } = await pg.query<Run>(
      `SELECT started_at AS started, finished_at AS finished, dispatched_at AS due FROM ${schema}.runs`,
    )
    const memory = children.map(
      ({ pid }) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
    )
    for (const child of children) child.kill("SIGTERM")
    await Promise.all(children.map(({ finished }) => finished))
    await pg.query(`DROP SCHEMA ${schema} CASCADE`)
    await pg.end()
    const begin = Math.min(...rows.map(({ started }) => Number(started)))
    const end = Math.max(...rows.map(({ finished }) => Number(finished)))
    const waits = rows.map(({ due, started }) => Number(started) - Number(due)).toSorted((a, b) => a - b)
    return {
      seconds: (end - begin) / 1000,
      perMinute: (all * 60_000) / (end - begin),
      wait: waits[Math.floor(waits.length / 2)] ?? 0,
      memory: Math.max(...memory),
    }
  })
})

const program = Effect.gen(function* () {
  const lines = [
    "| runners | exports | runs | seconds | runs a minute | median wait for the engine, ms | MB for each runner |",
    "|--:|--:|--:|--:|--:|--:|--:|",
  ]
  for (const exports of numbers("EXPORTS", "4,16")) {
    for (const runners of numbers("RUNNERS", "1,2,3")) {
      const { memory, perMinute, seconds, wait } = yield* measure(runners, exports)
      const cells = [
        runners,
        exports,
        exports * WINDOWS,
        seconds.toFixed(1),
        perMinute.toFixed(0),
        wait,
        memory.toFixed(0),
      ]
      lines.push(`| ${cells.join(" | ")} |`)
      process.stderr.write(`${lines.at(-1)}\n`)
    }
  }
  process.stdout.write(`${cpus().length} processors\n\n${lines.join("\n")}\n`)
})

await Effect.runPromise(
  program.pipe(
    Effect.provide(World.layer({ windows: HOURS, rows: 2_000 })),
    Effect.provide(Layer.merge(NodeServices.layer, Logger.layer([]))),
    Effect.scoped,
  ),
)
