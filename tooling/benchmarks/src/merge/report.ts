/** The merges' section of docs/benchmarks.md, and its place there. Pure. */
import * as Figures from "../figures.ts"
import type { Machine } from "../machine.ts"
import { table } from "../markdown.ts"
import { summary } from "../statistics.ts"

export interface Measured {
  readonly seconds: number
  readonly cpu: number
}

export interface Report {
  readonly at: Date
  readonly machine: Omit<Machine, "clickHouse">
  /** Of the table, and of those that are merged into it. */
  readonly rows: number
  readonly changes: number
  /** The export first; a figure for each round. */
  readonly measured: ReadonlyMap<string, ReadonlyArray<Measured>>
}

export const markdown = ({ at, changes, machine, measured, rows }: Report): string => {
  const [[, first = []] = ["", []], ...hands] = measured
  const ratio = (of: keyof Measured) =>
    summary(first.map((ours, round) => ours[of] / Math.min(...hands.map(([, hand]) => hand[round]?.[of] ?? Infinity))))
  const write = (values: ReadonlyArray<number>) => Figures.write(summary(values), 2)
  return [
    "## Merges",
    `${changes.toLocaleString("en-US")} changes of persons merged into ${rows.toLocaleString("en-US")}: \`npm run bench:merge\`. Median (min–max) of ${first.length} rounds, on ${at.toISOString().slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Postgres ${machine.postgres}, with the settings below. By hand is COPY into a temporary table and one INSERT … ON CONFLICT for this one table, which takes a row when either version is newer.`,
    table(
      ["", "wall s", "Postgres CPU s"],
      [...measured].map(([title, all]) => [
        title,
        write(all.map(({ seconds }) => seconds)),
        write(all.map(({ cpu }) => cpu)),
      ]),
    ),
    `The export ÷ the faster by hand, within each round: wall ${Figures.write(ratio("seconds"), 2)}, Postgres CPU ${Figures.write(ratio("cpu"), 2)}.`,
  ].join("\n\n")
}

const [begin, end] = ["<!-- merges: begin -->", "<!-- merges: end -->"]

/** The merges' section of a document, which another benchmark writes anew. */
export const sectionOf = (document: string): string | undefined =>
  new RegExp(`${begin}\n\n(.*?)\n\n${end}`, "s").exec(document)?.[1]

/** The document with this section: in place of its own, or before the contestants. */
export const place = (document: string, section: string | undefined): string => {
  if (section === undefined) return document
  const whole = `${begin}\n\n${section}\n\n${end}`
  const own = sectionOf(document)
  if (own !== undefined) return document.replace(`${begin}\n\n${own}\n\n${end}`, () => whole)
  return document.replace("## Contestants", () => `${whole}\n\n## Contestants`)
}
