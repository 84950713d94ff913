/** The dimensions of the matrix, which cells were asked for, and how what came of them is laid out. Pure. */
import { type Variant, variants } from "../support/variant.ts"

export const majors = ["14", "15", "16", "17", "18"] as const

/** One run of the tests. Both identities are in each: the tests say which they are about. */
export interface Cell extends Variant {
  readonly major: (typeof majors)[number]
}

export const identities = ["append", "upsert"] as const

/** As COPY knows them; `auto` is binary wherever a table allows it. */
const formatNames = { auto: "binary", text: "text" } as const
const poolNames = { none: "direct", pgbouncer: "PgBouncer" } as const

export const cells: ReadonlyArray<Cell> = majors.flatMap((major) =>
  variants.tls.flatMap((tls) =>
    variants.pool.flatMap((pool) => variants.format.map((format) => ({ major, tls, pool, format }))),
  ),
)

/** `14,15,self-signed`: of each dimension that is named, the named values alone. Undefined: a word is not known. */
export const select = (only: string | undefined): ReadonlyArray<Cell> | undefined => {
  const words = new Set((only ?? "").split(",").filter((word) => word !== ""))
  const shown = (cell: Cell) => [cell.major, cell.tls, poolNames[cell.pool].toLowerCase(), formatNames[cell.format]]
  const dimensions = [0, 1, 2, 3].map((index) => new Set(cells.map((cell) => shown(cell)[index] ?? "")))
  for (const word of words) if (!dimensions.some((values) => values.has(word))) return undefined
  return cells.filter((cell) =>
    shown(cell).every((value, index) => {
      const named = [...(dimensions[index] ?? [])].filter((one) => words.has(one))
      return named.length === 0 || named.includes(value)
    }),
  )
}

/** A few of the cells, in which every two values of two dimensions still meet, as far as they do in the cells given. */
export const pairwise = (all: ReadonlyArray<Cell>): ReadonlyArray<Cell> => {
  const left = new Set(all.flatMap(pairsOf))
  const chosen: Array<Cell> = []
  while (left.size > 0) {
    // Of equals the one whose way and encoding have been chosen least.
    const like = (cell: Cell) =>
      chosen.filter(({ format, pool }) => format === cell.format && pool === cell.pool).length
    const news = (cell: Cell) => pairsOf(cell).filter((pair) => left.has(pair)).length - like(cell) / (all.length + 1)
    const next = all.reduce((best, cell) => (news(cell) > news(best) ? cell : best))
    for (const pair of pairsOf(next)) left.delete(pair)
    chosen.push(next)
  }
  return all.filter((cell) => chosen.includes(cell))
}

export const pairsOf = (cell: Cell): ReadonlyArray<string> =>
  describe(cell).flatMap((one, index, values) => values.slice(index + 1).map((other) => `${one} ${other}`))

export const words = (): string => [...new Set(cells.flatMap(describe))].join(", ")

/** `16 self-signed pgbouncer text`. */
export const nameOf = (cell: Cell): string => describe(cell).join(" ")

const describe = ({ format, major, pool, tls }: Cell): ReadonlyArray<string> => [
  major,
  tls,
  poolNames[pool].toLowerCase(),
  formatNames[format],
]

export const environment = ({ format, major, pool, tls }: Cell): Record<string, string> => ({
  POSTGRES_MAJOR: major,
  POSTGRES_VARIANT: `tls=${tls},pool=${pool},format=${format}`,
})

export interface Counts {
  readonly passed: number
  readonly failed: number
}

export type Outcome =
  | { readonly _tag: "Ran"; readonly counts: Readonly<Record<(typeof identities)[number], Counts>> }
  | { readonly _tag: "NotRun"; readonly why: string }

/** What vitest reports of a run, as far as it is read. */
export interface Report {
  readonly success: boolean
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: ReadonlyArray<{ readonly fullName: string; readonly status: string }>
  }>
}

/** A test is about merging where its file or its name says so. */
export const count = (report: Report): Outcome => {
  const counts = { append: { passed: 0, failed: 0 }, upsert: { passed: 0, failed: 0 } }
  let failures = 0
  for (const file of report.testResults) {
    for (const { fullName, status } of file.assertionResults) {
      const identity = /upsert|merge/i.test(`${file.name.split("/").at(-1)} ${fullName}`) ? "upsert" : "append"
      if (status === "passed") counts[identity].passed++
      if (status === "failed") {
        counts[identity].failed++
        failures++
      }
    }
  }
  // A file that cannot be loaded, or a server that does not start, has no test to fail.
  if (!report.success && failures === 0) counts.append.failed++
  return { _tag: "Ran", counts }
}

export const failures = (report: Report): ReadonlyArray<string> =>
  report.testResults.flatMap(({ assertionResults, message, name }) => [
    ...assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName }) => `${name.split("/").at(-1)}: ${fullName}`),
    ...(message === "" ? [] : [`${name.split("/").at(-1)}: ${message.split("\n", 1)[0]}`]),
  ])

/** In the order of `cells`. */
export const ordered = (outcomes: ReadonlyMap<Cell, Outcome>): ReadonlyMap<Cell, Outcome> =>
  new Map([...outcomes].sort(([a], [b]) => cells.indexOf(a) - cells.indexOf(b)))

const say = (outcome: Outcome | undefined, identity: (typeof identities)[number]): string => {
  if (outcome === undefined) return ""
  if (outcome._tag === "NotRun") return "not run"
  const { failed, passed } = outcome.counts[identity]
  if (failed > 0) return `FAILED ${failed} of ${failed + passed}`
  return passed === 0 ? "not run" : `pass ${passed}`
}

/** One line for each version, TLS and way; one column for each identity and encoding. The first line is the head. */
const lay = (outcomes: ReadonlyMap<Cell, Outcome>): ReadonlyArray<ReadonlyArray<string>> => {
  const columns = identities.flatMap((identity) => variants.format.map((format) => ({ identity, format })))
  const rows = new Map<string, Array<string>>()
  for (const [cell, outcome] of outcomes) {
    const head = [cell.major, cell.tls, poolNames[cell.pool]]
    const row = rows.get(head.join()) ?? [...head, ...columns.map(() => "")]
    columns.forEach(({ format, identity }, index) => {
      if (format === cell.format) row[head.length + index] = say(outcome, identity)
    })
    rows.set(head.join(), row)
  }
  return [
    ["Postgres", "TLS", "way", ...columns.map(({ format, identity }) => `${identity}, ${formatNames[format]}`)],
    ...rows.values(),
  ]
}

/** For a terminal. */
export const table = (outcomes: ReadonlyMap<Cell, Outcome>): string => {
  const lines = lay(outcomes)
  const widths = lines[0]?.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? "").length))) ?? []
  return lines.map((line) => line.map((text, index) => text.padEnd(widths[index] ?? 0)).join("  ")).join("\n")
}

/** The same, for docs/postgres-versions.md. */
export const markdown = (outcomes: ReadonlyMap<Cell, Outcome>, on: string): string => {
  const [head = [], ...rows] = lay(outcomes)
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [
    `On ${on}, ${outcomes.size} of ${cells.length} combinations. \`pass\` with the number of tests.`,
    "",
    line(head),
    line(head.map(() => "---")),
    ...rows.map(line),
  ].join("\n")
}

export const failed = (outcome: Outcome): boolean =>
  outcome._tag === "Ran" && identities.some((identity) => outcome.counts[identity].failed > 0)
