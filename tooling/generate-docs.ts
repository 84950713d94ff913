/** Writes the parts of the documentation that could drift. `--check` writes nothing and fails on a difference. */
import { laws as allLaws } from "@batch-exports/conformance"
import { saboteurs } from "@batch-exports/conformance/saboteurs"
import { Reason } from "@batch-exports/core"
import { ClickHouseSource, errorTable } from "@batch-exports/clickhouse-source"
import { errnos, FileDestination, tokens } from "@batch-exports/file-destination"
import { acceptedPairs, failureTable, PostgresDestination } from "@batch-exports/postgres-destination"
import { openApi } from "batch-exports"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { apis, written } from "./public-api.ts"
import { capabilities, settings } from "./settings-docs.ts"

interface Part {
  readonly file: string
  /** Between `<!-- name: begin … -->` and `<!-- name: end -->`. */
  readonly name: string
  readonly from: string
  readonly header: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

const { classes, codes, network, pooler } = failureTable()
const failures = {
  file: "docs/postgres-errors.md",
  from: "packages/postgres-destination/src/failure",
}
const row = ({ code, name, reason, recovery, remedy }: (typeof codes)[number]) => [
  /^[\w ,]+$/.test(code) && code === code.toUpperCase() ? `\`${code}\`` : code,
  name.replaceAll("_", " "),
  reason,
  recovery,
  remedy,
]

const setting = ["setting", "default", ""]
const plugin = { file: "docs/destinations.md", from: "the Config of the plugin", header: setting }
const files = "packages/file-destination/src"

const parts: Array<Part> = [
  {
    file: "docs/destinations.md",
    name: "capabilities",
    from: "the capabilities of the plugins",
    header: ["", "encodings", "types", "models", "modes", "delivery", "readers see"],
    rows: capabilities([PostgresDestination, FileDestination]),
  },
  { ...plugin, name: "postgres", rows: settings(PostgresDestination) },
  { ...plugin, name: "file", rows: settings(FileDestination) },
  { ...plugin, name: "clickhouse", rows: settings(ClickHouseSource) },
  {
    file: "docs/files.md",
    name: "settings",
    from: `${files}/Config.ts`,
    header: setting,
    rows: settings(FileDestination),
  },
  {
    file: "docs/files.md",
    name: "tokens",
    from: `${files}/template.ts`,
    header: ["", ""],
    rows: Object.entries(tokens).map(([name, means]) => [`\`{${name}}\``, means]),
  },
  {
    file: "docs/files.md",
    name: "errors",
    from: `${files}/errors.ts`,
    header: ["code", "means", "reason", "next", "what to do"],
    rows: Object.entries(errnos).map(([code, { means, reason, remedy }]) => [
      `\`${code}\``,
      means,
      reason,
      Reason.recovery(reason),
      remedy,
    ]),
  },
  {
    file: "docs/postgres.md",
    name: "reasons",
    from: "packages/core/src/Reason.ts",
    header: ["reason", "next", "means"],
    rows: Reason.all.map((reason) => [reason, Reason.recovery(reason), Reason.reasons[reason].means]),
  },
  {
    file: "docs/postgres.md",
    name: "pairs",
    from: "packages/postgres-destination/src/target/acceptedPairs.ts",
    header: ["field", "new column", "existing columns, in binary", "as text"],
    rows: acceptedPairs().map(({ binary, created, field, text }) => [
      field,
      `\`${created}\``,
      binary.map((name) => `\`${name}\``).join(", "),
      text.map((name) => `\`${name}\``).join(", "),
    ]),
  },
  { ...failures, name: "codes", header: ["code", "condition", "reason", "next", "what to do"], rows: codes.map(row) },
  { ...failures, name: "classes", header: ["class", "name", "reason", "next", "what to do"], rows: classes.map(row) },
  { ...failures, name: "pooler", header: ["code", "it says", "reason", "next", "what to do"], rows: pooler.map(row) },
  {
    ...failures,
    name: "network",
    header: ["code", "what is said", "reason", "next", "what to do"],
    rows: network.map(row),
  },
]

const source = errorTable()
const sourceErrors = { file: "docs/clickhouse-errors.md", from: "packages/clickhouse-source/src/errors" }
parts.push(
  {
    ...sourceErrors,
    name: "codes",
    header: ["code", "name", "reason", "next", "what to do"],
    rows: source.codes.map(row),
  },
  {
    ...sourceErrors,
    name: "network",
    header: ["code", "what is said of the server", "reason", "next", "what to do"],
    rows: source.network.map(row),
  },
  { ...sourceErrors, name: "elsewhere", header: ["codes"], rows: [[source.elsewhere.join(", ")]] },
)

/** The defects that a law was made for, or others that it notices. */
const noticedIn = (law: string): ReadonlyArray<string> => {
  const all = saboteurs.filter(({ breaks }) => breaks.includes(law))
  const own = all.filter(({ breaks }) => breaks[0] === law)
  return (own.length > 0 ? own : all).map(({ name }) => name)
}

const laws: Part = {
  file: "packages/conformance/README.md",
  name: "laws",
  from: "packages/conformance/src",
  header: ["law", "says", "noticed in"],
  rows: allLaws.map(({ name, says, slow }) => [`${name}${slow ? " (slow)" : ""}`, says, noticedIn(name).join(", ")]),
}
parts.push(laws)

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ")
const table = ({ header, rows }: Part) =>
  [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n")

const replace = (text: string, part: Part): string => {
  const begin = `<!-- ${part.name}: begin (generated from ${part.from} by: npm run docs) -->`
  const end = `<!-- ${part.name}: end -->`
  const [head, rest] = text.split(begin)
  const tail = rest?.split(end)[1]
  if (head === undefined || tail === undefined) throw new Error(`${part.file} has lost its markers: ${begin}`)
  return `${head}${begin}\n\n${table(part)}\n\n${end}${tail}`
}

const settle = (file: string, replaced: (before: string) => string) => {
  const url = new URL(`../${file}`, import.meta.url)
  const before = existsSync(url) ? readFileSync(url, "utf8") : ""
  const after = replaced(before)
  if (after === before) return
  if (!process.argv.includes("--check")) return writeFileSync(url, after)
  console.error(`${file} is out of date: run npm run docs`)
  process.exitCode = 1
}

for (const file of new Set(parts.map((part) => part.file))) {
  settle(file, (before) => parts.filter((part) => part.file === file).reduce(replace, before))
}
for (const api of apis()) settle(api.file, () => written(api))
settle("docs/openapi.json", () => `${JSON.stringify(openApi(), null, 2)}\n`)
