/** Writes the parts of the documentation that could drift. `--check` writes nothing and fails on a difference. */
import { Reason } from "@batch-exports/core"
import { readFileSync, writeFileSync } from "node:fs"

const file = new URL("../docs/postgres.md", import.meta.url)
const begin = "<!-- reasons: begin (generated from packages/core/src/Reason.ts by: npm run docs) -->"
const end = "<!-- reasons: end -->"

const table = [
  "| reason | next | means |",
  "|---|---|---|",
  ...Reason.all.map((reason) => `| ${reason} | ${Reason.recovery(reason)} | ${Reason.reasons[reason].means} |`),
].join("\n")

const before = readFileSync(file, "utf8")
const [head, rest] = before.split(begin)
const tail = rest?.split(end)[1]
if (head === undefined || tail === undefined) throw new Error(`${file.pathname} has lost its markers`)
const after = `${head}${begin}\n\n${table}\n\n${end}${tail}`

if (!process.argv.includes("--check")) writeFileSync(file, after)
else if (after !== before) {
  console.error("docs/postgres.md is out of date: run npm run docs")
  process.exit(1)
}
