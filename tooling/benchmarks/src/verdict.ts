/** What the export has set itself, beside what was measured. For reading: the figures of a busy machine say nothing. */
import * as Figures from "./figures.ts"
import type { Result } from "./rounds.ts"
import { describe } from "./scenarios.ts"

export interface Judged {
  readonly what: string
  readonly measured: number
  readonly most: number
  readonly unit: string
}

/** Of typical events, the greatest number of which was measured decides. */
export const judged = (results: ReadonlyArray<Result>): ReadonlyArray<Judged> => {
  const typical = results
    .filter(({ scenario }) => scenario.width === "typical")
    .toSorted((a, b) => a.scenario.rows - b.scenario.rows)
  const [smallest, largest] = [typical[0], typical.at(-1)]
  if (smallest === undefined || largest === undefined) return []
  const of = (result: Result, figure: Figures.Figure) => Figures.of(result, "ours-binary", figure)?.median
  const found: Array<Judged> = []
  const add = (what: string, measured: number | undefined, most: number, unit = "") => {
    if (measured !== undefined) found.push({ what, measured, most, unit })
  }
  for (const [below, most] of [
    ["plain-binary", 1.1],
    ["plain-text", 0.85],
  ] as const) {
    const ratio = Figures.ratios(largest).find(({ above, below: other }) => above === "ours-binary" && other === below)
    add(
      `ours, binary ÷ ${below === "plain-binary" ? "plain pipe, binary" : "plain pipe, text"}`,
      ratio?.wall.median,
      most,
    )
  }
  add("CPU of the runner", of(largest, Figures.runnerCost), 6, " ms/MB")
  add("peak memory of the runner", of(largest, Figures.peakMemory), 180, " MB")
  if (smallest !== largest) {
    const [few, many] = [of(smallest, Figures.peakMemory), of(largest, Figures.peakMemory)]
    const range = `${smallest.scenario.rows.toLocaleString("en-US")} to ${largest.scenario.rows.toLocaleString("en-US")} rows`
    add(`peak memory, ${range}`, few === undefined || many === undefined ? undefined : many / few, 1.1, " times")
  }
  return found
}

export const lines = (results: ReadonlyArray<Result>): ReadonlyArray<string> => {
  const found = judged(results)
  const largest = results
    .filter(({ scenario }) => scenario.width === "typical")
    .toSorted((a, b) => b.scenario.rows - a.scenario.rows)[0]
  if (found.length === 0 || largest === undefined) return []
  return [
    `\n${describe(largest.scenario)}:`,
    ...found.map(
      ({ measured, most, unit, what }) =>
        `  ${measured <= most ? "✓" : "✗"} ${what.padEnd(44)} ${measured.toFixed(2)}${unit} (at most ${most}${unit})`,
    ),
  ]
}
