/**
 * Results kept in files, one for each size of events: so that a benchmark of hours can be measured in parts, and the page of the
 * documentation keeps what was measured on another day.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Contestant, Name } from "./contestants/index.ts"
import type { Measurement } from "./measure.ts"
import type { Origin, Result } from "./rounds.ts"
import { type Scenario, widths } from "./scenarios.ts"

interface Kept {
  readonly scenario: Scenario
  readonly origin: Omit<Origin, "at"> & { readonly at: string }
  readonly copyBytes: number
  readonly contestants: ReadonlyArray<Name>
  readonly rounds: ReadonlyArray<ReadonlyArray<Measurement>>
  readonly failures: ReadonlyArray<string>
}

const fileOf = (folder: string, { rows, width }: Scenario) => join(folder, `${width}-${rows}.json`)

export const keep = (folder: string, { contestants, rounds, ...result }: Result): void => {
  const kept: Kept = {
    ...result,
    origin: { ...result.origin, at: result.origin.at.toISOString() },
    contestants: contestants.map(({ name }) => name),
    rounds: rounds.map((round) => [...round.values()]),
  }
  mkdirSync(folder, { recursive: true })
  // A measurement is a line, so that a difference between two versions can be read.
  const lines = JSON.stringify(kept).replaceAll(/(?<=[[,])(?=\{"contestant")/g, "\n")
  writeFileSync(fileOf(folder, result.scenario), `${lines}\n`)
}

/** Undefined where there is none, or one of an older form. */
const read = (file: string): Kept | undefined => {
  if (!existsSync(file)) return undefined
  const kept = JSON.parse(readFileSync(file, "utf8")) as Partial<Kept>
  return kept.origin === undefined ? undefined : (kept as Kept)
}

const result = (kept: Kept, known: ReadonlyArray<Contestant>): Result => ({
  ...kept,
  origin: { ...kept.origin, at: new Date(kept.origin.at) },
  contestants: known.filter(({ name }) => kept.contestants.includes(name)),
  rounds: kept.rounds.map((round) => new Map(round.map((measurement) => [measurement.contestant, measurement]))),
})

/** All that are there, the narrow ones first and of each width the small ones. */
export const readAll = (folder: string, known: ReadonlyArray<Contestant>): ReadonlyArray<Result> =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => read(join(folder, name)) ?? [])
    .map((kept) => result(kept, known))
    .toSorted(
      ({ scenario: a }, { scenario: b }) => widths.indexOf(a.width) - widths.indexOf(b.width) || a.rows - b.rows,
    )

/** Undefined where it has to be measured: others took part, or in fewer rounds, or something went wrong. */
export const find = (
  folder: string,
  scenario: Scenario,
  contestants: ReadonlyArray<Contestant>,
  rounds: number,
): Result | undefined => {
  const kept = read(fileOf(folder, scenario))
  if (kept === undefined || kept.failures.length > 0 || kept.rounds.length < rounds) return undefined
  const names = new Set(kept.contestants)
  const isSame = names.size === contestants.length && contestants.every(({ name }) => names.has(name))
  return isSame ? result(kept, contestants) : undefined
}
