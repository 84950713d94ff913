/**
 * `npm run test:matrix`: the tests of this destination on each version of Postgres, through each kind of TLS, with and without
 * PgBouncer, in each encoding. Prints a table; fails when a cell did. Runs a selection in which every two of these meet; `--all` runs every combination,
 * `--only 14,self-signed,pgbouncer` those of some cells; `--resume` leaves out what passed before; `--write` puts what is known of all into docs/postgres-versions.md. An interruption prints what is known.
 */
import { hasPgBouncer } from "@batch-exports/dev-services"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import {
  type Cell,
  count,
  environment,
  failed,
  failures,
  majors,
  markdown,
  nameOf,
  ordered,
  type Outcome,
  pairwise,
  type Report,
  select,
  table,
  words,
} from "./cells.ts"
import { keep, known, passed } from "./results.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))
const folder = fileURLToPath(new URL("../..", import.meta.url))

/** The laws of every destination, and what they cannot know of: claims, and what is cut on the way to COMMIT. */
const files = ["conformance", "append", "claims", "merge", "modes"]

const { values } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    only: { type: "string" },
    jobs: { type: "string", default: "2" },
    resume: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
})
const selected = select(values.only)
const chosen = values.all || values.only !== undefined ? selected : selected && pairwise(selected)
if (chosen === undefined || chosen.length === 0) {
  console.error(`--only takes words of: ${words()}`)
  process.exit(2)
}

/** The newest is there already; the others are fetched when they are asked for. */
const available = new Map(
  majors.map((major) => {
    if (!chosen.some((cell) => cell.major === major)) return [major, false]
    if (major === majors.at(-1)) return [major, true]
    const bootstrap = join(root, "tooling", "bootstrap.mjs")
    return [
      major,
      spawnSync(process.execPath, [bootstrap, "setup", `postgres-${major}`], { stdio: "ignore" }).status === 0,
    ]
  }),
)

const scratch = mkdtempSync(join(tmpdir(), "matrix-"))
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }))

const running = new Set<ChildProcess>()

const run = async (cell: Cell, index: number): Promise<Outcome> => {
  if (available.get(cell.major) !== true) return { _tag: "NotRun", why: `no Postgres ${cell.major} for this platform` }
  if (cell.pool === "pgbouncer" && !hasPgBouncer()) return { _tag: "NotRun", why: "no PgBouncer on this machine" }
  const output = join(scratch, `${index}.json`)
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
  const names = [...files, ...(cell.format === "auto" ? ["binary"] : [])].map((name) => `test/${name}.test.ts`)
  const child = spawn(process.execPath, [vitest, "run", ...names, "--reporter=json", `--outputFile=${output}`], {
    cwd: folder,
    env: { ...process.env, DATABASE_URL: "", PG_BIN: "", ...environment(cell) },
    stdio: ["ignore", "ignore", "pipe"],
  })
  running.add(child)
  let said = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2000)))
  const code = await new Promise((resolve) => child.once("close", resolve))
  running.delete(child)
  try {
    const written = JSON.parse(readFileSync(output, "utf8")) as Report
    // A worker that does not start leaves its file out of the report, and shows in the exit code alone.
    const whole = { ...written, success: written.success && code === 0 }
    for (const line of failures(whole)) console.error(`  ${nameOf(cell)}: ${line}`)
    return count(whole)
  } catch {
    console.error(`  ${nameOf(cell)}: ${said.trim()}`)
    return { _tag: "Ran", counts: { append: { passed: 0, failed: 1 }, upsert: { passed: 0, failed: 0 } } }
  }
}

const results = join(folder, ".vitest", "matrix.json")
const outcomes = values.resume ? passed(results, chosen) : new Map<Cell, Outcome>()
const waiting = [...chosen.entries()].filter(([, cell]) => !outcomes.has(cell))
const started = Date.now()

const report = () => {
  console.log(table(ordered(outcomes)))
  const reasons = new Set([...outcomes.values()].flatMap((outcome) => (outcome._tag === "NotRun" ? [outcome.why] : [])))
  for (const why of reasons) console.log(`not run: ${why}`)
}
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill()
    report()
    console.log("interrupted: go on with --resume")
    process.exit(130)
  })
}

await Promise.all(
  Array.from({ length: Math.max(1, Number(values.jobs)) }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, cell] = next
      outcomes.set(cell, await run(cell, index))
      keep(results, outcomes)
      const minutes = ((Date.now() - started) / 60_000).toFixed(1)
      console.error(`${outcomes.size} of ${chosen.length} cells, ${minutes} minutes`)
    }
  }),
)
report()
if (values.write) {
  const page = join(root, "docs", "postgres-versions.md")
  const [begin, end] = ["<!-- matrix: begin -->", "<!-- matrix: end -->"]
  const section = markdown(ordered(known(results)), new Date().toISOString().slice(0, 10))
  const text = readFileSync(page, "utf8").replace(
    new RegExp(`${begin}.*${end}`, "s"),
    `${begin}\n\n${section}\n\n${end}`,
  )
  writeFileSync(page, text)
}
process.exitCode = [...outcomes.values()].some(failed) ? 1 : 0
